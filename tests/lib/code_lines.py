"""Writes code_lines.h: location tables of CPython, and what CPython itself reads in them.

    cpython/build/stock/python tests/lib/code_lines.py > tests/lib/code_lines.h

The expected lines and columns come from code.co_positions(), so that the runner's decoder of
co_linetable is compared with CPython's own. Run it anew only when the format of the table changes.
"""

import sys

# Every form of an entry: short, one line, long (many lines, wide columns), no columns, no location.
SAMPLE = '''
def short(a, b):
    c = a + b
    return c * 2


def wide(a):
    if a:
        return """{}""".format(FAR_RIGHT a + 1,
            a)
    return [a,

            a,
            lambda: a]


def apart(a):
    try:
        a()
    except ValueError as error:
        print(error)
    finally:
        # far below
        a = None
    with open(a) as file:
        yield file


class Shape:
    side: int = 3

    def area(self):
        return self.side ** 2
'''.replace("# far below", "\n" * 90).replace("FAR_RIGHT", " " * 140)


def codes(code):
    yield code
    for const in code.co_consts:
        if hasattr(const, "co_code"):
            yield from codes(const)


def numbers(values, per_line=16):
    values = [str(v) for v in values]
    lines = [", ".join(values[i:i + per_line]) for i in range(0, len(values), per_line)]
    return ",\n    ".join(lines)


def signed(n):
    return -n << 1 | 1 if n < 0 else n << 1


def hand_made(code):
    """Backward lines and missing columns, which few programs have."""
    table = bytearray()

    def varint(n):
        while n >= 64:
            table.append(64 | n & 63)
            n >>= 6
        table.append(n)

    for delta in (0, 1, 40, -3, 5000, -4900):
        table.append(0x80 | 13 << 3 | 1)                 # two units, no columns
        varint(signed(delta))
    for delta, end, column, end_column in ((7, 2, 100, 3), (-20, 300, 4000, 70)):
        table.append(0x80 | 14 << 3 | 0)                 # one unit, long
        for n in (signed(delta), end, column + 1, end_column + 1):
            varint(n)
    table.append(0x80 | 15 << 3 | 3)                     # four units, no location
    table += bytes([0x80 | 9 << 3 | 0, 0x7f, 0x80 | 12 << 3 | 0, 200, 210])
    return code.replace(co_linetable=bytes(table), co_code=bytes([9, 0]) * 19)


def main():
    module = compile(SAMPLE, "sample.py", "exec")
    found = list(codes(module))
    found.append(hand_made(found[1]))
    print("/* Location tables of CPython and the lines and columns that CPython itself reads in them.\n")
    print(f"   Written by tests/lib/code_lines.py with CPython {sys.version.split()[0]}; do not edit. "
          "Lines are 0 and columns -1\n   where CPython says None. */\n")
    print("#ifndef CODE_LINES_H\n#define CODE_LINES_H\n\n#include <stdint.h>\n")
    for i, code in enumerate(found):
        places = [(line or 0, -1 if column is None else column)
                  for line, _, column, _ in code.co_positions()]
        print(f"static const uint8_t table_{i}[] = {{\n    {numbers(code.co_linetable)}\n}};")
        print(f"static const int lines_{i}[] = {{\n    {numbers(p[0] for p in places)}\n}};")
        print(f"static const int columns_{i}[] = {{\n    {numbers(p[1] for p in places)}\n}};\n")
    print("static const struct {\n    const char *name;\n    uint32_t first_line;\n"
          "    const uint8_t *table;\n    uint32_t table_length;\n    const int *lines, *columns;\n"
          "    uint32_t units;\n} code_lines[] = {")
    for i, code in enumerate(found):
        name = "hand_made" if i == len(found) - 1 else code.co_qualname
        print(f'    {{ "{name}", {code.co_firstlineno}, table_{i}, sizeof(table_{i}), lines_{i}, '
              f"columns_{i},\n      sizeof(lines_{i}) / sizeof(lines_{i}[0]) }},")
    print("};\n\n#endif")


main()
