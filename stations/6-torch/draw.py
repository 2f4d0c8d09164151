"""Draw the tape of a function as SVG: draw.py [FILE.py] > tape.svg

FILE.py has a `function` of one tensor; without it, the one of experiments/tape.py is drawn.  The tape is asked
for node by node (`grad_fn`, `next_functions`), and walked back once: the order of the visits is what PyTorch's
own profiler saw.  It must not know what is on the tape.
"""
import html
import importlib.util
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "experiments"))

import tape  # noqa: E402
import tape_of  # noqa: E402

WIDTH, HEIGHT, ACROSS, DOWN, PAD = 210, 46, 30, 40, 20  # of a box, between boxes, around all
CSS = """
  rect { fill: #ffffff; stroke: #3b5b8c; stroke-width: 1.5 } rect.leaf { fill: #fff4d6; stroke: #a67c00 }
  rect.paper { fill: #f6f8fb; stroke: none } path { fill: none; stroke: #7a8aa0; stroke-width: 1.5 }
  text { font: 14px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #1d2733 }
  .dim { fill: #64748b; font-size: 12px } .visit { fill: #b3261e; font-weight: bold }
"""


def loaded(path: str):
    """The function of a file."""
    spec = importlib.util.spec_from_file_location("drawn", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.function


def rows_of(nodes: list) -> list[list[int]]:
    """Which nodes stand in which row: one below all that lead to it."""
    row = dict.fromkeys(range(len(nodes)), 0)
    for _ in nodes:
        for index, node in enumerate(nodes):
            for before, _ in node.next_functions:
                if before is not None:
                    row[nodes.index(before)] = max(row[nodes.index(before)], row[index] + 1)
    return [[index for index in row if row[index] == number] for number in range(max(row.values()) + 1)]


def places_of(rows: list[list[int]]) -> dict[int, tuple[float, float]]:
    """The upper left corner of each node's box; rows are centred."""
    widest = max(len(row) for row in rows) * (WIDTH + ACROSS) - ACROSS
    places = {}
    for number, row in enumerate(rows):
        left = PAD + (widest - (len(row) * (WIDTH + ACROSS) - ACROSS)) / 2
        for place, index in enumerate(row):
            places[index] = (left + place * (WIDTH + ACROSS), PAD + number * (HEIGHT + DOWN))
    return places


def ways(nodes: list, places: dict) -> list[str]:
    """A line for each use, beside one another where there are several."""
    lines = []
    for index, node in enumerate(nodes):
        for use, (before, _) in enumerate(node.next_functions):
            if before is None:
                continue
            aside = 16 * (use - (len(node.next_functions) - 1) / 2)
            (x, y), (to_x, to_y) = places[index], places[nodes.index(before)]
            x, y, to_x = x + WIDTH / 2 + aside, y + HEIGHT, to_x + WIDTH / 2 + aside
            middle = (y + to_y) / 2
            lines.append(f'<path marker-end="url(#tip)" d="M{x:g} {y:g} C{x:g} {middle:g} {to_x:g} {middle:g} '
                         f'{to_x:g} {to_y - 2:g}"/>')
    return lines


def box(node, place: tuple[float, float], visit: int) -> str:
    """A node: its name, its number, and when it was visited."""
    (x, y), number = place, tape_of.number_of(node)
    kind = f"built as #{number}" if number >= 0 else "a leaf's"
    name = html.escape(node.name().rpartition("::")[2])
    return (f'<rect class="{"node" if number >= 0 else "leaf"}" x="{x:g}" y="{y:g}" width="{WIDTH}" '
            f'height="{HEIGHT}" rx="8"/><text x="{x + 12:g}" y="{y + 20:g}">{name}</text>'
            f'<text class="dim" x="{x + 12:g}" y="{y + 37:g}">{kind}</text>'
            f'<text class="visit" text-anchor="end" x="{x + WIDTH - 12:g}" y="{y + 20:g}">{visit}</text>')


def draw(nodes: list, visits: list) -> str:
    """The whole picture."""
    places = places_of(rows_of(nodes))
    order = [number for number, _, _ in sorted(visits, key=lambda visit: visit[1])]
    width = max(x for x, _ in places.values()) + WIDTH + PAD
    height = max(y for _, y in places.values()) + HEIGHT + PAD + 24
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}">',
        "<title>The tape of a function: its nodes, and where each one's gradient goes on to</title>",
        f"<style>{CSS}</style>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 L8 4 L0 8" style="fill: none"/></marker></defs>',
        f'<rect class="paper" width="{width:g}" height="{height:g}"/>',
        *ways(nodes, places),
        *(box(node, places[index], order.index(tape_of.number_of(node)) + 1) for index, node in enumerate(nodes)),
        f'<text class="dim" x="{PAD}" y="{height - 14:g}">#: as forward built it; '
        '<tspan class="visit">red</tspan>: as backward visited it</text>',
        "</svg>",
    ])


def main() -> None:
    function = loaded(sys.argv[1]) if len(sys.argv) > 1 else tape.function
    y = function(tape.leaf(4))
    nodes = tape_of.walk(y)
    print(draw(nodes, tape_of.backward(y)))


if __name__ == "__main__":
    main()
