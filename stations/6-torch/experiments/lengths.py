"""How long requests are: prompts and answers, drawn so that their means are the paper's.

Imported by the experiments that serve requests.  Source: Kwon et al., "Efficient Memory Management for
Large Language Model Serving with PagedAttention", SOSP 2023 (arXiv 2309.06180).  Figure 11 has the means
below, and a picture of the distributions: most requests are short, few are very long.  The paper gives
no more than that, so lengths are drawn from the geometric distribution, which is the one that assumes
nothing but a mean.  What would not fit into the model's longest sequence is drawn again.  The seed is
fixed: every run on every machine serves the same requests.
"""
import math
import random
from typing import NamedTuple

LONGEST = 2048  # tokens that the model can attend to: OPT's (section 6.1)


class Means(NamedTuple):
    """Mean lengths in tokens."""

    prompt: float
    output: float


SHAREGPT = Means(161.31, 337.99)  # conversations (figure 11a)
ALPACA = Means(19.31, 58.45)  # single instructions (figure 11b)


def geometric(source: random.Random, mean: float) -> int:
    """1, 2, 3...: each further token comes with the same probability, and the mean is as given."""
    return 1 + int(math.log(1 - source.random()) / math.log(1 - 1 / mean))


def draw(count: int, means: Means = SHAREGPT, longest: int = LONGEST, seed: int = 2023) -> list[tuple[int, int]]:
    """So many pairs of (tokens of the prompt, tokens of the answer)."""
    source = random.Random(seed)
    pairs: list[tuple[int, int]] = []
    while len(pairs) < count:
        pair = geometric(source, means.prompt), geometric(source, means.output)
        if sum(pair) <= longest:
            pairs.append(pair)
    return pairs
