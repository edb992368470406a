"""Weights and inputs as functions of a seed, bit by bit those of the plugin gather-qmm.

Every number is splitmix64 of a key and its position; what is made of it needs whole
numbers and float64 alone. plugins/internal/moe/stream.go and metal/quant/random.go
say the same in Go, and a test holds the two against each other.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

_GAMMA = 0x9E3779B97F4A7C15
_SCALES = 0xD1B54A32D192ED03
_STREAM = 0x9E6C63D0876A9A63
_MASK = (1 << 64) - 1
# Filled at once by one thread: few enough that the pieces of all threads stay in their
# caches through the dozen passes over each.
_PIECE = 1 << 15
_TURNS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))  # of splitmix64: shift, then factor

GATE, UP, DOWN, ROUTER = 0, 1, 2, 6
_PER_LAYER = 16
DOWN_SCALE = 4.0

_MOST_STEPS = 64
_SKETCH = 256  # a power of two


def _steps() -> Any:
    with np.errstate(over="ignore"):
        steps = np.arange(1, _PIECE + 1, dtype=np.uint64)
        steps *= np.uint64(_GAMMA)
    return steps


_STEPS = _steps()


def _count(key: int, start: int, z: Any) -> None:
    """Fills a piece with the numbers of 64 bits from position start on."""
    t = np.empty_like(z)
    np.add(_STEPS[: len(z)], np.uint64((key + start * _GAMMA) & _MASK), out=z)
    for shift, factor in _TURNS:
        np.right_shift(z, np.uint64(shift), out=t)
        np.bitwise_xor(z, t, out=z)
        np.multiply(z, np.uint64(factor), out=z)
    np.right_shift(z, np.uint64(31), out=t)
    np.bitwise_xor(z, t, out=z)


def counted(key: int, start: int, n: int) -> Any:
    """n numbers of 64 bits from position start on."""
    return filled(np.empty(n, np.uint64), lambda at, piece: _count(key, start + at, piece))


def filled(out: Any, fill: Callable[[int, Any], None]) -> Any:
    """Fills an array by fill(start, piece), on as many threads as there are cores: each
    piece is a function of its place alone."""
    places = range(0, len(out), _PIECE)

    def some(at: range) -> None:
        for start in at:
            fill(start, out[start : start + _PIECE])

    threads = min(len(places), os.cpu_count() or 1)
    if threads < 2:
        some(places)
        return out
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(some, (places[i::threads] for i in range(threads))))
    return out


class Stream:
    def __init__(self, seed: int, purpose: str) -> None:
        digest = hashlib.sha256(seed.to_bytes(8, "little") + purpose.encode()).digest()
        self.key, self.next = int.from_bytes(digest[:8], "little"), 0

    def take(self, n: int) -> Any:
        self.next += n
        return counted(self.key, self.next - n, n)

    def normals(self, n: int) -> Any:
        """Sums of eight pieces of 16 bits, as float32 of mean 0 and variance 1."""
        first, self.next = self.next, self.next + 2 * n
        pieces, low = np.uint64(0x0000FFFF0000FFFF), np.uint64(0xFFFFFFFF)

        def fill(at: int, piece: Any) -> None:
            for half in range(0, len(piece), _PIECE // 2):
                some = piece[half : half + _PIECE // 2]
                words = np.empty(2 * len(some), np.uint64)
                _count(self.key, first + 2 * (at + half), words)
                twos = (words & pieces) + (words >> np.uint64(16) & pieces)  # two sums in each word
                fours = twos[0::2] + twos[1::2]
                sums = (fours & low) + (fours >> np.uint64(32))
                some[:] = (sums.astype(np.float64) - 8 * 32767.5) / 53509.92

        return filled(np.empty(n, np.float32), fill)

    def perm(self, n: int) -> list[int]:
        order: list[int] = np.argsort(self.take(n), kind="stable").tolist()
        return order


def codes(key: int, words: int) -> Any:
    """Uint32 words of packed codes."""
    return counted(key, 0, (words + 1) // 2).astype("<u8", copy=False).view("<u4")[:words]


def codes_by(m: Any, key: int, words: int) -> Any:
    """The same, counted by MLX on its device: a GPU needs a hundredth of the time."""

    def number(of: int) -> Any:
        return m.array(np.array(of & _MASK, np.uint64))

    z = m.arange((words + 1) // 2, dtype=m.uint64) * number(_GAMMA) + number(key + _GAMMA)
    for shift, factor in _TURNS:
        z = (z ^ (z >> number(shift))) * number(factor)
    return (z ^ (z >> number(31))).view(m.uint32)[:words]


def scales(key: int, n: int, bits: int, k: int, scale: float) -> Any:
    """Float32 scales of n groups, not yet rounded to the type of the weights."""
    levels = float(1 << bits)
    step = scale / math.sqrt(float(k) * ((levels * levels - 1) / 12 + 0.25)) / math.sqrt(49.0 / 48)

    def fill(at: int, piece: Any) -> None:
        r = np.empty(len(piece), np.uint64)
        _count(key ^ _SCALES, at, r)
        piece[:] = step * (0.75 + (r >> np.uint64(11)).astype(np.float64) * 2.0**-54)
        np.negative(piece, out=piece, where=(r & np.uint64(1)).astype(bool))

    return filled(np.empty(n, np.float32), fill)


def weights_key(seed: int, layer: int, matrix: int) -> int:
    return seed ^ ((layer * _PER_LAYER + matrix + 1) * _STREAM & _MASK)


def passes(experts: int, top_k: int, layers: int, tokens: int) -> int:
    """Times that a cold rotation goes through each layer."""
    missed = 1.0
    for _ in range(tokens):
        missed *= 1 - float(top_k) / float(experts)
    distinct = max(int(float(experts) * (1 - missed)), top_k)
    return max(2, min(-(-experts // distinct), _MOST_STEPS // layers))


Selection = list[list[int]]  # of each token, its experts


def selections(perm: Callable[[int], list[int]], experts: int, top_k: int, tokens: int, n: int) -> list[Selection]:
    """What a balanced router chooses in n iterations, each of which takes the experts
    that were unused for longest."""
    oldest = perm(experts)
    out = []
    for _ in range(n):
        name: dict[int, int] = {}
        chosen: Selection = []
        for _ in range(tokens):
            row = []
            for label in perm(experts)[:top_k]:
                if label not in name:
                    name[label] = oldest[len(name)]
                row.append(name[label])
            chosen.append(row)
        oldest = oldest[len(name) :] + oldest[: len(name)]
        out.append(chosen)
    return out


def sketch(seed: int, values: Any) -> list[float]:
    """A projection to few sums, which keeps distances."""
    flat = np.asarray(values, np.float32).reshape(-1)
    if not np.isfinite(flat).all():
        return []
    draw = Stream(seed, "sketch").take(len(flat))
    signed = flat.astype(np.float64)
    np.negative(signed, out=signed, where=draw.view(np.int64) < 0)
    draw &= np.uint64(_SKETCH - 1)
    out: list[float] = np.bincount(draw.view(np.int64), weights=signed, minlength=_SKETCH).tolist()
    return out
