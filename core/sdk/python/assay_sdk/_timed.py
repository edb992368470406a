"""A phase of a prepared configuration: runs its iterations and takes their time."""

from __future__ import annotations

import dataclasses
import inspect
import math
import numbers
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ._watch import Watch
from .device import Device
from .errors import Broken, broken
from .prepared import Check, Found, Timed, Times

MOST_ITERATIONS = 1 << 30

# Slack of two clocks, and of a process that waits for its turn on a processor, in ns.
_CLOCK_SLACK = 50_000
_TURN_SLACK = 100_000_000

Clock = Callable[[], int]


class VisitTimes:
    """Times of the visit that is under way, samples and calls, held against each other."""

    samples = 0
    calls = 0


class Findings:
    """Collects what the phases' verify and the configuration's check find."""

    def __init__(self) -> None:
        self.checks: list[Check] = []
        self.metrics: dict[str, float] = {}

    def add(self, found: Found, prefix: str, where: str) -> None:
        metrics: Mapping[str, float] = {}
        given: Any = found
        if isinstance(given, tuple) and len(given) == 2 and isinstance(given[1], Mapping):
            given, metrics = given
        given = list(given) if isinstance(given, Iterable) else [given]
        if not all(isinstance(c, Check) for c in given):
            raise Broken(f"{where} gives {given!r:.60}; want a list of Check, or a list of Check and a dict of metrics")
        self.checks += [dataclasses.replace(c, name=prefix + c.name) for c in given]
        self.metrics.update(metrics)


class Running:
    def __init__(self, name: str, of: Timed, device: Device, now: Clock = time.perf_counter_ns) -> None:
        self.name, self.of, self.now = name, of, now
        self._fit()
        self.synchronizers = [f for f in (device.synchronize, of.synchronize) if f is not None]
        self.ran = 0  # iterations, the one before timing included
        self.fresh = False  # nothing has run since outputs were spoiled for the first time

    def _fit(self) -> None:
        """Says what is wrong with how the phase was filled in."""
        of, at = self.of, f'phase "{self.name}": prepare gives '
        if not isinstance(of, Timed):
            raise Broken(f"{at}{of!r:.60}; want a Timed")
        ways = [w for w in ("step", "run", "submit", "own_times") if getattr(of, w) is not None]
        if len(ways) != 1:
            raise Broken(f"{at}{len(ways)} of step, run, submit and own_times; want one")
        if inspect.iscoroutinefunction(getattr(of, ways[0])):
            raise Broken(f"{at}a coroutine function as {ways[0]}, which would do nothing; want a plain function")
        if (of.submit is None) != (of.wait is None):
            raise Broken(f"{at}one of submit and wait; they belong together")
        if of.partial and of.own_times is None:
            raise Broken(f"{at}partial without own_times")
        if of.rotation < 0:
            raise Broken(f"{at}a rotation of {of.rotation} iterations; want 0 or more")
        if not isinstance(of.iterations, int) or not 0 <= of.iterations <= MOST_ITERATIONS:
            raise Broken(f"{at}{of.iterations} iterations; want 0 to {MOST_ITERATIONS}")
        if not (math.isfinite(of.units) and of.units >= 0):
            raise Broken(f"{at}{of.units} units of one iteration; want a number of at least 0")

    def run(self, n: int, visit: VisitTimes, watch: Watch) -> Times:
        """Does n iterations, between two moments at which the device has nothing to do."""
        for f in self.synchronizers:
            f()
        # An iterator counts for the watch how far the loop is, at no cost to the loop.
        turns = iter(range(n))
        with watch.batch(turns):
            times, call = self._call(n, turns)
        self.ran += n
        self.fresh = False
        visit.samples += times.wall
        visit.calls += call
        self._plausible(times, visit)
        return times

    def _call(self, n: int, turns: Iterator[int]) -> tuple[Times, int]:
        of, now = self.of, self.now
        one, wait = of.step or of.submit, of.wait
        device = encode = 0
        own: Any = None
        begin = now()
        if one is not None:
            for _ in turns:
                one()
            if wait is not None:
                encode = now() - begin
                waited = wait()
                if isinstance(waited, numbers.Real) and not isinstance(waited, bool):
                    device = _whole(waited, self.name, "wait")
        elif of.run is not None:
            of.run(n)
        elif of.own_times is not None:
            own = of.own_times(n)
        for f in self.synchronizers:
            f()
        call = now() - begin
        if of.own_times is None:
            return Times(call, device, encode), call
        if not isinstance(own, Times):
            raise Broken(f'phase "{self.name}": own_times gives {own!r:.60}, no time; want Times(wall=ns)')
        return Times(*(_whole(x, self.name, "own_times") for x in (own.wall, own.device, own.encode))), call

    def _plausible(self, x: Times, visit: VisitTimes) -> None:
        """Names two times that cannot both be true."""
        at = f'phase "{self.name}": '
        if x.wall <= 0:
            raise Broken(f"{at}a wall time of {_ms(x.wall)}; it is a sample only above 0")
        if x.device < 0 or x.encode < 0:
            raise Broken(f"{at}a device time of {_ms(x.device)} and an encode time of {_ms(x.encode)}; want 0 for unknown, or more")
        for name, part in (("a device", x.device), ("an encode", x.encode)):
            if _longer(part, x.wall):
                raise Broken(f"{at}{name} time of {_ms(part)} is longer than the wall time of {_ms(x.wall)} that contains it")
        said = f"{at}times of a visit: own_times says {_ms(visit.samples)}, and its calls took {_ms(visit.calls)}: "
        if _longer(visit.samples, visit.calls):
            raise Broken(said + "the times are longer than the calls that they are of")
        short = visit.samples < visit.calls / 4 and visit.calls - visit.samples > _TURN_SLACK
        if self.of.own_times is not None and not self.of.partial and short:
            raise Broken(said + "take the time after the work has ended, or say partial if the calls do more than the phase")

    def ready(self, into: Findings, watch: Watch) -> None:
        """Runs and verifies the first iteration."""
        if self.of.verify is None:
            return
        self._once("first", watch)
        self._verify(into)
        self.fresh = True
        self.spoil()

    def after(self, into: Findings, watch: Watch) -> None:
        """Verifies the iteration that ran last. A phase that was never timed runs once,
        because its outputs are spoiled."""
        if self.of.verify is None:
            return
        if self.fresh:
            self._once("last", watch)
        self._verify(into)

    def _once(self, which: str, watch: Watch) -> None:
        try:
            self.run(max(self.of.iterations, 1), VisitTimes(), watch)
        except Exception as e:
            raise broken(f"{self.name}: {which} iteration", e) from e

    def _verify(self, into: Findings) -> None:
        assert self.of.verify is not None
        where = f"{self.name}: verify"
        try:
            found = self.of.verify((self.ran - 1) % max(self.of.rotation, 1))
        except Exception as e:
            raise broken(where, e) from e
        into.add(found, self.name + " ", where)

    def spoil(self) -> None:
        if self.of.spoil is not None:
            try:
                self.of.spoil()
            except Exception as e:
                raise broken(f"{self.name}: spoil outputs", e) from e


def _whole(x: Any, phase: str, where: str) -> int:
    try:
        return int(round(x))
    except (TypeError, ValueError, OverflowError):
        raise Broken(f'phase "{phase}": {where} gives {x!r:.60} as a time; want whole nanoseconds') from None


def _longer(a: int, b: int) -> bool:
    return a - b > b / 100 + _CLOCK_SLACK


def _ms(ns: int) -> str:
    return f"{ns / 1e6:.6g} ms"


