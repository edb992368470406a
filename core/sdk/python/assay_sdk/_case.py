"""One configuration that the host has a handle for."""

from __future__ import annotations

import gc
import inspect
import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from . import _proto as pb
from ._lane import Events
from ._names import known, number, numbers, texts, whole
from ._timed import Findings, Running
from ._value import proto_diagnostic
from ._watch import Watch
from .device import Device, Memory
from .errors import Broken, Diagnostic, broken
from .plugin import Phase, Plugin
from .prepared import Check, Prepared
from .request import Request

_PROGRESS_EVERY = 0.05  # s: an author may report from an inner loop


class Case:
    def __init__(
        self, request: Any, config: Any, device: Device, names: tuple[list[str], list[str]],
        log: logging.Logger, watch: Watch, events: Events,
    ) -> None:
        self.digest, self.names = request.config_digest, names  # of phases, of metrics
        self.running: dict[str, Running] = {}
        self.made = Prepared(phases={})
        self._device, self._watch, self._events = device, watch, events
        self._cleanup: list[Callable[[], object]] = []
        self._said = ("", 0.0)
        self._request: Request[Any] = Request(
            config=config, device=device, seed=request.seed, cold=request.cache != "hot", phases=tuple(request.phases),
            log=log.getChild(f"configuration {request.handle}"), progress=self._progress, cleanup=self._cleanup.append, beat=watch.beat,
        )

    def memory(self) -> Memory:
        return self._device.memory() if self._device.memory is not None else Memory(0, 0)

    def _progress(self, step: str, fraction: float) -> None:
        fraction = min(max(float(fraction), 0.0), 1.0)
        last, at = self._said
        if step == last and fraction < 1 and time.monotonic() - at < _PROGRESS_EVERY:
            return
        self._said = (step, time.monotonic())
        self._events.send(pb.PrepareCaseResponse(progress=pb.Progress(step=step, fraction=fraction)))

    def prepare(self, plugin: Plugin[Any], declared: Sequence[Phase]) -> Any:
        """Prepares the configuration, and verifies the first iteration of its phases."""
        try:
            before, began = self.memory().current, time.monotonic_ns()
            threads = set(threading.enumerate())
            self._fill(plugin, declared)
            took = time.monotonic_ns() - began
            p = self._proto(took, self.memory().current - before)
            for d in [*self.made.warnings, *_left(threads)]:
                d.warning = True
                self._events.send(pb.PrepareCaseResponse(diagnostic=proto_diagnostic(d)))
        except BaseException:
            self.release()
            raise
        gc.collect()  # what preparation left; visits keep the collector off
        return p

    def _fill(self, plugin: Plugin[Any], declared: Sequence[Phase]) -> None:
        made = plugin.prepare(self._request)
        if inspect.iscoroutine(made):
            made.close()
            raise Broken("prepare: it is a coroutine function, which would do nothing; want a plain function")
        if not isinstance(made, Prepared):
            raise Broken(f"prepare: the plugin returned {made!r:.60}; want Prepared, or an exception")
        self.made = made
        known("prepare", "phase", made.phases, self.names[0])
        for p in declared:
            if p.name in made.phases:
                running = Running(p.name, made.phases[p.name], self._device)
                if p.single and running.of.iterations > 1:
                    raise Broken(f'phase "{p.name}": prepare gives {running.of.iterations} iterations of each sample; '
                                 "it is declared as one whose single iterations can be timed")
                self.running[p.name] = running
        for name in self._request.phases:
            if name not in self.running:
                raise Broken(f'phase "{name}": prepare gives nothing to time, and the host asks for it')
        found = Findings()
        for running in self.running.values():
            running.ready(found, self._watch)
        self.made.checks = [*found.checks, *made.checks]
        self.made.metrics = {**found.metrics, **made.metrics}
        known("prepare", "metric", self.made.metrics, self.names[1])

    def _proto(self, took: int, kept: int) -> Any:
        m = self.made
        out = pb.Prepared(
            checks=map(_check, m.checks), metrics=numbers("prepare", "metric", m.metrics), facts=texts("prepare: fact", m.facts),
            outputs=texts("prepare: output", m.outputs), device_bytes=whole("prepare: bytes", m.bytes) or max(kept, 0),
            prepare_ns=whole("prepare: time_ns", m.time_ns) or took,
        )
        for name, n in m.numbers.items():
            at = f"prepare: numbers {name!r}"
            out.numbers[name].values.extend(number(at, x) for x in n.values)
            out.numbers[name].tolerance = number(at + ": the tolerance", n.tolerance)
        for name, r in self.running.items():
            of = r.of
            out.phases[name].CopyFrom(pb.PhaseFacts(
                units_per_iteration=of.units, bytes_per_iteration=whole(f'prepare: phase "{name}": bytes', of.bytes),
                iterations=of.iterations, yardstick=of.yardstick))
        return out

    def finish(self) -> Any:
        """Checks once more after timing, and frees the configuration."""
        found = Findings()
        try:
            for running in self.running.values():
                running.after(found, self._watch)
            if self.made.check is not None:
                try:
                    checked = self.made.check()
                except Exception as e:
                    raise broken("release: check", e) from e
                found.add(checked, "", "check")
            known("check", "metric", found.metrics, self.names[1])
            return pb.ReleaseCaseResponse(checks=map(_check, found.checks), metrics=numbers("check", "metric", found.metrics))
        finally:
            self.release()

    def release(self) -> None:
        self.made, self.running = Prepared(phases={}), {}
        while self._cleanup:
            self._cleanup.pop()()


def _check(c: Check) -> Any:
    try:
        value, limit = float(c.value), float(c.limit)  # NaN is a value that does not pass
    except (TypeError, ValueError):
        raise Broken(f'check "{c.name}" has the value {c.value!r:.60} and the limit {c.limit!r:.60}; want numbers') from None
    return pb.Check(
        name=c.name, value=value, limit=limit, passed=bool(c.passed),
        detail=c.detail, kind="KIND_FIDELITY" if c.fidelity else "KIND_CORRECTNESS",
    )


def _left(before: set[threading.Thread]) -> list[Diagnostic]:
    """Advice about threads that preparation started and that go on."""
    names = sorted(t.name for t in set(threading.enumerate()) - before if not t.name.startswith("assay "))
    if not names:
        return []
    detail = f"{', '.join(names)}. What they do is in every sample, because they take turns with the timed work; end them in prepare."
    return [Diagnostic("preparation left threads running", detail, code="threads_left")]
