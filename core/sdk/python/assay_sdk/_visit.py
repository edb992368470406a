"""One visit: intent, calibration, then samples in lock-step with acks."""

from __future__ import annotations

import gc
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from . import _proto as pb
from ._names import known, numbers
from ._timed import MOST_ITERATIONS, Running, VisitTimes
from ._watch import Watch
from .errors import Broken, broken
from .prepared import Prepared, Times

# What a host leaves out of Start, in ns.
_SAMPLE = 20_000_000
_HEARTBEAT = 5_000_000_000

_STOP = object()


class Visit:
    """The work of one Measure call. receive is called from the thread that reads what
    the host sends, run from the one that does the work; send may be called from any."""

    def __init__(
        self, start: Any, digest: str, of: Prepared, metrics: list[str], phase: Running, iterations: int,
        watch: Watch, send: Callable[[Any], None], fail: Callable[[Broken], None],
    ) -> None:
        self._start, self._digest, self._of, self._metrics, self._phase = start, digest, of, metrics, phase
        self._asked = iterations
        self._answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._seq = 0
        self._watch, self._out, self._fail = watch, send, fail
        self._times = VisitTimes()

    def receive(self, requests: Iterator[Any]) -> None:
        """Reads acks and Stop until the stream ends, however it ends: the visit ends then."""
        try:
            for m in requests:
                if m.HasField("ack"):
                    self._answers.put(m.ack.seq)
                elif m.HasField("stop"):
                    break
        except Exception:  # the call was cancelled, or the host is gone
            pass
        self._stop.set()
        self._answers.put(_STOP)

    def run(self) -> str:
        """Does the visit, and returns the reason of its end."""
        heartbeat = self._start.heartbeat_ns if self._start.heartbeat_ns > 0 else _HEARTBEAT
        with self._watch.visit(heartbeat, self._heartbeat, self._give_up), _quiet():
            if self._of.begin_visit is not None:  # an intent of its own: the time for it is no sample's
                if self._intend(f"begin a visit of {self._phase.name}"):
                    return "stopped"
                self._call("begin_visit", self._of.begin_visit, self._phase.name)
            if self._intend(f"run {self._phase.name}"):
                return "stopped"
            self._phase.spoil()
            n = self._asked or self._calibrate()
            if n == 0:
                return "stopped"
            taken = 0
            while self._start.samples == 0 or taken < self._start.samples:
                self._sample(n)
                taken += 1
                if self._stopped():
                    return "stopped"
            return "samples"

    def _intend(self, what: str) -> bool:
        """Tells the host of work that may be fatal, and waits until it has noted that;
        whether the host says stop instead."""
        self._seq += 1
        self._send(pb.MeasureResponse(intent=pb.Intent(seq=self._seq, what=what)))
        return self._stopped()

    def _calibrate(self) -> int:
        """The number of iterations that lasts sample_ns; 0: the host said stop. Batches that
        count for nothing grow until one is long enough to scale from."""
        want = self._start.sample_ns if self._start.sample_ns > 0 else _SAMPLE
        n = 1
        while True:
            wall = self._batch(n).wall
            if self._stop.is_set():
                return 0
            fit: int = min(max(round(want * n / wall), 1), MOST_ITERATIONS)
            # The first batches are cold and too short to scale from; growth is bounded so
            # that one odd clock reading cannot ask for hours.
            if wall >= want / 2 or fit == MOST_ITERATIONS or n >= fit:
                return fit
            n = min(fit, n * 16)

    def _batch(self, n: int) -> Times:
        t: Times = self._call(f"{n} iterations", self._phase.run, n, self._times, self._watch)
        return t

    def _sample(self, n: int) -> None:
        t = self._batch(n)
        self._seq += 1
        sample = pb.Sample(
            seq=self._seq, config_digest=self._digest, iterations=n, wall_ns=t.wall, device_ns=t.device, encode_ns=t.encode,
        )
        if self._of.sample_metrics is not None:
            given = self._call("sample_metrics", self._of.sample_metrics)
            where = f"{self._phase.name}: sample_metrics"
            known(where, "metric", given, self._metrics)
            sample.metrics.update(numbers(where, "metric", given))
        self._send(pb.MeasureResponse(sample=sample))

    def _call(self, what: str, f: Callable[..., Any], *args: Any) -> Any:
        try:
            return f(*args)
        except BaseException as e:
            raise broken(f"{self._phase.name}, {what}", e) from e

    def _stopped(self) -> bool:
        """Waits, without a limit, for the ack of the last number; the host may answer
        with Stop instead."""
        seq = self._answers.get()
        if seq is not _STOP and seq != self._seq:
            raise Broken(f"ack {seq} came for {self._seq}", "INVALID_ARGUMENT")
        return seq is _STOP or self._stop.is_set()

    def _heartbeat(self) -> None:
        self._send(pb.MeasureResponse(heartbeat=pb.Heartbeat(doing=self._phase.name)))

    def _give_up(self, why: str) -> None:
        self._fail(Broken(f"device_timeout: {self._phase.name}: {why}", "ABORTED"))

    def _send(self, message: Any) -> None:
        self._watch.touch()
        self._out(message)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps the garbage collector out of the samples of one visit."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
