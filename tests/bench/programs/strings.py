"""Text built and taken apart: formatting, joining, splitting, translating, slicing."""

WORDS = ("alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho "
         "sigma tau upsilon phi chi psi omega").split()


def run():
    total = 0
    table = str.maketrans("aeiou", "AEIOU")
    for i in range(1500):
        word = WORDS[i % len(WORDS)]
        line = f"{i:05d} {word!r:>12} {i / 7:8.3f} {word.upper()}"
        line += " %s-%d" % (word, i)
        line = line.replace("a", "4").translate(table).strip()
        parts = line.split()
        total += len("/".join(reversed(parts))) + line.count(" ") + len(line[::2])
        text = ""
        for part in parts:
            text += part[:3]
            total += part.isdigit() + part.startswith("0")
        total += len(text.encode())
    return total
