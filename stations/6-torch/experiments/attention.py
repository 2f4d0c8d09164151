"""One layer of a small transformer in NumPy, with its keys and values in a cache that a manager runs.

Imported by the experiments that compute.  The arrays of the cache are made once; a manager of kvcache.py
says which slot is whose.  There are three ways to read it: `in_one_piece` where a request's slots follow
each other, `through_the_table` which gathers blocks and then does the same, and `block_by_block` which
never gathers: it keeps a running sum, as PagedAttention's kernel does (equation 4 of the paper).
"""
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from kvcache import Paged, Request, Reserved  # noqa: E402

HEADS, SIZE = 4, 64  # of a head
WIDTH = HEADS * SIZE
INNER = 16 * WIDTH  # of what comes after attention: most weights are there, as in large models


class Layer:
    """Weights, and the inputs of every position of every request: known beforehand, so that two runs agree."""

    def __init__(self, requests: list[tuple[int, int]], seed: int = 6):
        source = np.random.default_rng(seed)

        def matrix(rows: int, columns: int) -> np.ndarray:
            return (source.standard_normal((rows, columns)) / np.sqrt(rows)).astype(np.float32)

        self.to_qkv, self.to_out = matrix(WIDTH, 3 * WIDTH), matrix(WIDTH, WIDTH)
        self.up, self.down = matrix(WIDTH, INNER), matrix(INNER, WIDTH)
        self.inputs = [source.standard_normal((prompt + output, WIDTH)).astype(np.float32)
                       for prompt, output in requests]

    def qkv(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Queries, keys and values of some positions, cut into heads."""
        return tuple(part.reshape(-1, HEADS, SIZE) for part in np.split(inputs @ self.to_qkv, 3, axis=1))

    def rest(self, attended: np.ndarray) -> np.ndarray:
        """What comes after attention."""
        hidden = attended @ self.to_out
        return np.maximum(hidden @ self.up, 0) @ self.down


def attend(query: np.ndarray, keys: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Of one position to all that are given: query is (heads, size), the others (tokens, heads, size)."""
    scores = np.matmul(keys.transpose(1, 0, 2), query[:, :, None])[:, :, 0] / np.sqrt(np.float32(SIZE))
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    return np.matmul(weights[:, None, :], values.transpose(1, 0, 2))[:, 0]


class Cache:
    """Keys and values of all slots; what of it belongs to whom is the manager's to say."""

    def __init__(self, manager: Paged | Reserved):
        self.manager = manager
        self.keys = np.zeros((manager.slots, HEADS, SIZE), np.float32)
        self.values = np.zeros((manager.slots, HEADS, SIZE), np.float32)

    def slots(self, request: Request, first: int, last: int) -> np.ndarray:
        """Where the tokens first, first + 1, ... last - 1 of a request are."""
        tokens = np.arange(first, last)
        if isinstance(self.manager, Reserved):
            return self.manager.place(request) + tokens
        table = np.array(self.manager.tables[request])
        return table[tokens // self.manager.size] * self.manager.size + tokens % self.manager.size

    def write(self, request: Request, first: int, keys: np.ndarray, values: np.ndarray) -> None:
        slots = self.slots(request, first, first + len(keys))
        self.keys[slots], self.values[slots] = keys, values

    def in_one_piece(self, query: np.ndarray, request: Request) -> np.ndarray:
        """Nothing is copied: the tokens follow each other."""
        place = self.manager.place(request)
        piece = slice(place, place + request.stored)
        return attend(query, self.keys[piece], self.values[piece])

    def through_the_table(self, query: np.ndarray, request: Request) -> np.ndarray:
        """Copy the request's blocks one behind the other, and leave out what the last one has not yet."""
        table, size = self.manager.tables[request], self.manager.size
        keys = self.keys[:len(self.keys) // size * size].reshape(-1, size, HEADS, SIZE)[table]
        values = self.values[:len(self.values) // size * size].reshape(-1, size, HEADS, SIZE)[table]
        return attend(query, keys.reshape(-1, HEADS, SIZE)[:request.stored],
                      values.reshape(-1, HEADS, SIZE)[:request.stored])

    def block_by_block(self, query: np.ndarray, request: Request) -> np.ndarray:
        """Copy nothing: take each block's share, and correct all before when a larger score turns up."""
        largest = np.full((HEADS, 1), -np.inf, np.float32)
        weight = np.zeros((HEADS, 1), np.float32)
        sums = np.zeros((HEADS, SIZE), np.float32)
        size = self.manager.size
        for at, block in enumerate(self.manager.tables[request]):
            filled = min(size, request.stored - at * size)
            slots = slice(block * size, block * size + filled)
            keys, values = self.keys[slots].transpose(1, 0, 2), self.values[slots].transpose(1, 0, 2)
            scores = np.matmul(keys, query[:, :, None])[:, :, 0] / np.sqrt(np.float32(SIZE))
            higher = np.maximum(largest, scores.max(axis=1, keepdims=True))
            shares = np.exp(scores - higher)
            correction = np.exp(largest - higher)
            weight = weight * correction + shares.sum(axis=1, keepdims=True)
            sums = sums * correction + np.matmul(shares[:, None, :], values)[:, 0]
            largest = higher
        return sums / weight

    def attend(self, query: np.ndarray, request: Request) -> np.ndarray:
        """As this cache is read."""
        read = self.in_one_piece if isinstance(self.manager, Reserved) else self.through_the_table
        return read(query, request)


def without_a_cache(layer: Layer, number: int, tokens: int) -> np.ndarray:
    """Attention of the last of so many positions, from the inputs alone and with twice the digits."""
    inputs = layer.inputs[number][:tokens].astype(np.float64)
    queries, keys, values = (part.reshape(-1, HEADS, SIZE)
                             for part in np.split(inputs @ layer.to_qkv.astype(np.float64), 3, axis=1))
    return attend(queries[-1], keys, values)
