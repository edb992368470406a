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
_PIECE = 1 << 18

GATE, UP, DOWN, ROUTER = 0, 1, 2, 6
_PER_LAYER = 16
DOWN_SCALE = 4.0

_MOST_STEPS = 64
_SKETCH = 256


def counted(key: int, start: int, n: int) -> Any:
    """n numbers of 64 bits from position start on."""
    with np.errstate(over="ignore"):
        z = np.arange(start + 1, start + n + 1, dtype=np.uint64)
        z *= np.uint64(_GAMMA)
        z += np.uint64(key)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            z ^= z >> np.uint64(shift)
            z *= np.uint64(factor)
        z ^= z >> np.uint64(31)
    return z


def filled(out: Any, fill: Callable[[int, int], Any]) -> Any:
    """Fills an array with fill(start, n), piece by piece, on as many threads as there
    are cores: each piece is a function of its place alone."""

    def piece(at: int) -> None:
        some = min(_PIECE, len(out) - at)
        out[at : at + some] = fill(at, some)

    places = range(0, len(out), _PIECE)
    if len(places) < 2:
        piece(0)
        return out
    with ThreadPoolExecutor(min(len(places), os.cpu_count() or 1)) as threads:
        list(threads.map(piece, places))
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

        def fill(at: int, some: int) -> Any:
            words = counted(self.key, first + 2 * at, 2 * some)
            sums = words.astype("<u8").view("<u2").reshape(some, 8).sum(axis=1, dtype=np.uint64)
            return (sums.astype(np.float64) - 8 * 32767.5) / 53509.92

        return filled(np.empty(n, np.float32), fill)

    def perm(self, n: int) -> list[int]:
        order: list[int] = np.argsort(self.take(n), kind="stable").tolist()
        return order


def codes(key: int, words: int) -> Any:
    """Uint32 words of packed codes."""
    out = filled(np.empty((words + 1) // 2, np.uint64), lambda at, some: counted(key, at, some))
    return out.astype("<u8", copy=False).view("<u4")[:words]


def scales(key: int, n: int, bits: int, k: int, scale: float) -> Any:
    """Float32 scales of n groups, not yet rounded to the type of the weights."""
    levels = float(1 << bits)
    step = scale / math.sqrt(float(k) * ((levels * levels - 1) / 12 + 0.25)) / math.sqrt(49.0 / 48)

    def fill(at: int, some: int) -> Any:
        r = counted(key ^ _SCALES, at, some)
        v = (step * (0.75 + (r >> np.uint64(11)).astype(np.float64) * 2.0**-54)).astype(np.float32)
        return np.where(r & np.uint64(1), -v, v)

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
    signed = np.where(draw >> np.uint64(63), -flat, flat).astype(np.float64)
    out: list[float] = np.bincount((draw % np.uint64(_SKETCH)).astype(np.int64), weights=signed, minlength=_SKETCH).tolist()
    return out
