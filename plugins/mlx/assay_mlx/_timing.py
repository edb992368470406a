"""How lazy work is timed.

A call of MLX builds a graph; evaluating it is submitted to a stream, and the stream
computes. So one iteration has three times: encode, in which Python builds the graph
and MLX submits it; the device's part; and wall. MLX does not say how long the device
took. It is found when a visit begins, as the span between two synchronisations in
which MLX evaluates graphs that were built before: submission by MLX itself is in it,
Python is not.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import assay_sdk as sdk

from ._engine import METER, mx

_ENOUGH = 5_000_000  # ns of a span that says what one iteration takes
_MOST_GRAPHS = 1024
_BEAT_EVERY = 64  # iterations; MLX lets few of them wait


class Calls:
    """Iterations that do not hang on each other: call(i) builds number i of a rotation."""

    def __init__(self, call: Callable[[int], Any], rotation: int, evaluate: str, beat: Callable[[], None]) -> None:
        self._call, self._rotation, self._beat = call, rotation, beat
        self.times = self._async if evaluate == "async" else self._each
        self._next = 0
        self._device = 0.0  # ns of one iteration
        self.last: Any = None  # what the last iteration gave

    def spoil(self) -> None:
        self.last = None

    def begin(self) -> None:
        """Finds the device's part of an iteration: the fastest of three spans."""
        graphs = 1
        while (span := self._span(graphs)) < _ENOUGH and graphs < _MOST_GRAPHS:
            graphs *= 4
        spans = [span] if span > 4 * _ENOUGH else [span, self._span(graphs), self._span(graphs)]
        self._device = min(spans) / graphs
        METER.begin()

    def _span(self, graphs: int) -> int:
        made = [self._call(i % self._rotation) for i in range(graphs)]
        mx().synchronize()
        begin = time.perf_counter_ns()
        mx().async_eval(made)
        mx().synchronize()
        span = time.perf_counter_ns() - begin
        self._beat()
        return span

    def _turns(self, n: int) -> list[int]:
        turns = [(self._next + i) % self._rotation for i in range(n)]
        self._next = (self._next + n) % self._rotation
        return turns

    def _async(self, n: int) -> sdk.Times:
        call, submit, out = self._call, mx().async_eval, None
        turns = self._turns(n)
        begin = time.perf_counter_ns()
        for at in range(0, n, _BEAT_EVERY):
            for i in turns[at : at + _BEAT_EVERY]:
                out = call(i)
                submit(out)
            self._beat()
        encoded = time.perf_counter_ns()
        mx().synchronize()
        end = time.perf_counter_ns()
        self.last = out
        return self._said(n, end - begin, encoded - begin)

    def _each(self, n: int) -> sdk.Times:
        call, submit, wait, out, encode = self._call, mx().async_eval, mx().synchronize, None, 0
        turns = self._turns(n)
        begin = time.perf_counter_ns()
        for i in turns:
            start = time.perf_counter_ns()
            out = call(i)
            submit(out)
            encode += time.perf_counter_ns() - start
            wait()
            self._beat()
        end = time.perf_counter_ns()
        self.last = out
        return self._said(n, end - begin, encode)

    def _said(self, n: int, wall: int, encode: int) -> sdk.Times:
        METER.note()
        return sdk.Times(wall, device=min(round(n * self._device), wall), encode=encode)
