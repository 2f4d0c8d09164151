"""Draw what claims 6.4 are about: draw_cache.py CACHE.svg SIZES.svg

The first picture is simulated and comes out the same everywhere: what the slots of the cache are used for,
iteration by iteration, under four managers.  Half of the second is: how much is empty with blocks of each
size.  The other half is timed here and now: how long it takes to read 500 tokens.  Run by scripts/picture.
It must not say anything that an experiment has not said.
"""
import math
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "experiments"))

import block_sizes  # noqa: E402
import lengths  # noqa: E402
import reading  # noqa: E402
import serve  # noqa: E402

WIDTH, LEFT, RIGHT = 860, 96, 24
KINDS = (("tokens", "#4ec77a"), ("reserved", "#e6c34a"), ("internal", "#ff6b6b"), ("external", "#3b4758"))
PAPER = {"Max": 20.4, "Pow2": 26.8, "Oracle": 38.2, "paged": 96.3}  # tokens, in percent: Kwon et al. 2023, figure 2
LINES = ("#4ec77a", "#e6c34a", "#6cb6ff")
CSS = """
  text { font: 13px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #d6deeb }
  .b { font-weight: bold; fill: #ffffff } .d { fill: #7f8ea3 } .e { text-anchor: end } .m { text-anchor: middle }
"""


class Picture:
    """Lines of SVG, and the height that they need."""

    def __init__(self, height: int):
        self.lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
                      f'viewBox="0 0 {WIDTH} {height}">', f"<style>{CSS}</style>",
                      f'<rect width="{WIDTH}" height="{height}" rx="8" fill="#10151f"/>']

    def text(self, x: float, y: float, text: str, style: str = "") -> None:
        self.lines.append(f'<text x="{x:.0f}" y="{y:.0f}" class="{style}">{text}</text>')

    def box(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        self.lines.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>')

    def area(self, points: list[tuple[float, float]], colour: str) -> None:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.lines.append(f'<polygon points="{path}" fill="{colour}"/>')

    def line(self, points: list[tuple[float, float]], colour: str, width: float = 2) -> None:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.lines.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>')

    def write(self, path: str) -> None:
        Path(path).write_text("\n".join([*self.lines, "</svg>", ""]), encoding="utf-8")


# ------------------------------------------------------------------- the cache, iteration by iteration


def looks() -> tuple[dict[str, list[list[int]]], dict[str, int]]:
    """What serve.py marks: for each manager its looks, and how many iterations it took."""
    found: dict[str, list[list[int]]] = {}
    iterations: dict[str, int] = {}
    name = ""

    def mark(what: str, value) -> None:
        nonlocal name
        if what == "serve" and value != "end":
            name = value
            found[name] = []
        elif what == "look":
            found[name].append([int(word) for word in value.split()])
        elif what == "iterations":
            iterations[name] = value

    serve.mark = mark
    serve.main(lengths.draw(serve.REQUESTS))
    return found, iterations


def draw_manager(picture: Picture, name: str, seen: list[list[int]], y: float, height: float, scale: float) -> float:
    """Areas of the four kinds, one upon the other, of no more looks than one can see; returns who is in flight."""
    every = seen
    seen = every[::max(1, round(3 / scale / serve.EVERY))] + every[-1:]
    floor = [0.0] * len(seen)
    for kind, (_, colour) in enumerate(KINDS):
        ceiling = [below + look[3 + kind] / serve.SLOTS for below, look in zip(floor, seen, strict=True)]
        xs = [LEFT + look[0] * scale for look in seen]
        upper = [(x, y + height * (1 - top)) for x, top in zip(xs, ceiling, strict=True)]
        lower = [(x, y + height * (1 - top)) for x, top in zip(xs, floor, strict=True)]
        picture.area(upper + lower[::-1], colour)
        floor = ceiling
    full = [look for look in every if look[2] and look[0] > serve.WARM]
    share = sum(look[3] for look in full) / len(full) / serve.SLOTS
    flight = sum(look[1] for look in full) / len(full)
    for line, (text, style) in enumerate(((name, "b e"), (f"{100 * share:.1f} %", "e"),
                                          (f"({PAPER[name]} %)", "d e"))):
        picture.text(LEFT - 10, y + height / 2 - 12 + 18 * line, text, style)
    return flight


def draw_cache(path: str) -> None:
    found, iterations = looks()
    height, gap, top = 92, 26, 58
    picture = Picture(top + len(found) * (height + gap) + 28)
    last = max(seen[-1][0] for seen in found.values())
    scale = (WIDTH - LEFT - RIGHT) / last
    picture.text(16, 24, f"What {serve.SLOTS:,} slots of a KV cache are used for, while {serve.REQUESTS} requests are "
                         "served", "b")
    x = 16
    for kind, colour in KINDS:
        picture.box(x, 34, 12, 12, colour)
        picture.text(x + 18, 45, kind)
        x += 110
    for at, (name, seen) in enumerate(found.items()):
        y = top + at * (height + gap)
        flight = draw_manager(picture, name, seen, y, height, scale)
        end = LEFT + iterations[name] * scale
        words = f"{flight:.1f} in flight,", f"done after {iterations[name]:,}"
        if end + 150 < WIDTH:
            picture.text(end + 12, y + height / 2 - 4, words[0])
            picture.text(end + 12, y + height / 2 + 14, words[1])
        else:
            picture.text(WIDTH - RIGHT, y + height + 14, " ".join(words), "e")
    y = top + len(found) * (height + gap) + 8
    picture.text(LEFT, y, "iterations, from left to right; at the left how much of a full cache holds tokens "
                          "(in the paper)", "d")
    picture.write(path)


# ------------------------------------------------------------------------------------- block sizes


def emptiness() -> dict[str, dict[int, float]]:
    """Of the slots in tables, how many are empty: workload, block size, share."""
    sums: dict[str, dict[int, list[int]]] = {}
    now = [0, 0]

    def mark(what: str, value) -> None:
        nonlocal now
        if what == "sweep" and value != "end":
            workload, size = value.split()
            now = sums.setdefault(workload, {}).setdefault(int(size), [0, 0])
        elif what == "look":
            _, tokens, empty, _ = map(int, value.split())
            now[0] += empty
            now[1] += tokens + empty

    block_sizes.mark = mark
    block_sizes.main()
    return {workload: {size: empty / every for size, (empty, every) in by.items()} for workload, by in sums.items()}


def times() -> dict[str, dict[int, float]]:
    """Microseconds to read 500 tokens: way, block size (0: in one piece), the best of some turns."""
    best: dict[str, float] = {}
    name, began = "", 0.0

    def mark(what: str, value) -> None:
        nonlocal name, began
        took = time.perf_counter() - began
        if what == "read" and value == "end":
            best[name] = min(best.get(name, took), took)
        elif what == "read":
            name, began = value, time.perf_counter()

    reading.mark = mark
    reading.main()
    ways: dict[str, dict[int, float]] = {}
    for key, seconds in best.items():
        way, _, size = key.partition(" ")
        ways.setdefault(way, {})[int(size or 0)] = 1e6 * seconds
    return ways


def axes(picture: Picture, x: float, width: float, title: str, ticks: list[tuple[float, str]]) -> None:
    """A frame with block sizes below it; ticks are (y, text)."""
    picture.text(x, 52, title)
    for y, text in ticks:
        picture.line([(x, y), (x + width, y)], "#2a3442", 1)
        picture.text(x - 8, y + 4, text, "d e")
    for at, size in enumerate(block_sizes.SIZES):
        picture.text(x + width * at / (len(block_sizes.SIZES) - 1), 300, str(size), "d m")


def draw_sizes(path: str) -> None:
    picture, top, bottom, width = Picture(350), 76, 276, 330
    left, right = 64, 64 + width + 110
    empty, ways = emptiness(), times()
    picture.text(16, 24, "Blocks of 1 to 128 tokens: what stays empty, and what reading costs", "b")
    axes(picture, left, width, "empty, of the slots in tables (simulated)",
         [(bottom - (bottom - top) * share / 50, f"{share} %") for share in (0, 10, 20, 30, 40, 50)])
    axes(picture, right, width, "to read 500 tokens (timed)",
         [(bottom - (bottom - top) * (at - 1) / 4, text)
          for at, text in ((1, "10 us"), (2, "100 us"), (3, "1 ms"), (4, "10 ms"), (5, "100 ms"))])
    step = width / (len(block_sizes.SIZES) - 1)
    for (name, by), colour in zip(empty.items(), LINES, strict=False):
        points = [(left + step * at, bottom - (bottom - top) * by[size] / 0.5)
                  for at, size in enumerate(block_sizes.SIZES)]
        picture.line(points, colour)
        picture.text(points[-1][0] - 4, points[-1][1] - 8, name, "e")
    words = {"piece": "in one piece", "table": "through the table", "blocks": "block by block"}
    for (way, by), colour in zip(ways.items(), LINES, strict=True):
        points = [(right + step * at, bottom - (bottom - top) * (math.log10(by.get(size, by.get(0, 1))) - 1) / 4)
                  for at, size in enumerate(block_sizes.SIZES)]
        picture.line(points, colour)
        x, y = {"piece": (right, points[0][1] + 16), "table": (right, points[0][1] - 6),
                "blocks": (points[2][0] + 8, points[2][1] - 8)}[way]
        picture.text(x + 8, y, words[way])
    picture.text(left, 328, "tokens in a block", "d")
    picture.text(right, 328, "tokens in a block; both axes are in powers", "d")
    picture.write(path)


if __name__ == "__main__":
    draw_cache(sys.argv[1])
    draw_sizes(sys.argv[2])
