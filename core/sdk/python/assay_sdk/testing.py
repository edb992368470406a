"""Runs a plugin in a test's own process, without a host and without gRPC.

run takes a configuration through everything that a session does with it, and raises
where a host would give up; Host is the same, call by call. Only the host holds
configurations against limits and allowed values: ``assay plugin check`` does.
"""

from __future__ import annotations

import hashlib
import json
import logging
import queue
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import _proto as pb
from ._lane import Lane
from ._service import Service
from ._value import path_text
from .errors import Diagnostic
from .plugin import Plugin
from .prepared import Check, Times

HEARTBEAT = 15.0  # s of silence that a host allows


@dataclass
class Sample:
    iterations: int
    times: Times
    metrics: Mapping[str, float]


@dataclass
class Result:
    """What a host sees of one configuration."""

    checks: list[Check] = field(default_factory=list)  # before and after timing
    metrics: dict[str, float] = field(default_factory=dict)  # of preparation and of release
    facts: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    samples: dict[str, list[Sample]] = field(default_factory=dict)  # by phase
    warnings: list[Diagnostic] = field(default_factory=list)


def run(plugin: Plugin[Any], config: Mapping[str, Any] | None = None, device: str = "auto", samples: int = 3) -> Result:
    """Prepares a configuration, whose arguments get their defaults where they are left
    out, measures short samples of every phase that it has, and releases it. A check that
    does not pass is an AssertionError."""
    with Host(plugin) as host:
        host.open(device)
        result = host.prepare(config)
        for phase in host.phases(config):
            result.samples[phase] = host.measure(phase, samples=samples)
        host.release(result)
        for c in result.checks:
            assert c.passed, f"check {c.name} failed: {c.value:g}, limit {c.limit:g} {c.detail}"
        return result


class Host:
    """Drives one plugin. What the protocol answers with a status is raised as an exception
    with its text, and advice as a Diagnostic."""

    def __init__(self, plugin: Plugin[Any]) -> None:
        self._lane = Lane()
        self._service = Service(plugin, self._lane, logging.getLogger("plugin"))
        threading.Thread(target=self._lane.serve, name="assay work", daemon=True).start()

    def __enter__(self) -> Host:
        return self

    def __exit__(self, *_: object) -> None:
        self._lane.do(self._service.shutdown)
        self._lane.close()

    def describe(self) -> Any:
        return self._service.describe()

    def canonical(self, config: Mapping[str, Any] | None = None) -> bytes:
        """The JSON that a host sends: every argument is named, and defaults are filled in."""
        return json.dumps(self._service.config.canonical(config or {})).encode()

    def validate(self, config: Mapping[str, Any] | None = None) -> list[Diagnostic]:
        return [_advice(d) for d in self._validated(config).diagnostics]

    def phases(self, config: Mapping[str, Any] | None = None) -> list[str]:
        return [p.name for p in [*self.describe().phases, *self._validated(config).phases]]

    def _validated(self, config: Mapping[str, Any] | None) -> Any:
        return self._service.ValidateConfig(pb.ValidateConfigRequest(config_json=self.canonical(config)))

    def open(self, kind: str = "auto", index: int = 0) -> Any:
        answer = self._service.OpenDevice(pb.OpenDeviceRequest(kind=kind, index=index))
        for d in answer.diagnostics:
            raise _advice(d)
        return answer.device

    def prepare(
        self, config: Mapping[str, Any] | None = None, *, handle: str = "1", seed: int = 1, cold: bool = True,
        phases: Sequence[str] | None = None,
    ) -> Result:
        text = self.canonical(config)
        request = pb.PrepareCaseRequest(
            handle=handle, config_json=text, config_digest="sha256:" + hashlib.sha256(text).hexdigest(), seed=seed,
            cache="cold" if cold else "hot", phases=self.phases(config) if phases is None else phases,
        )
        result = Result()
        for event in self._service.PrepareCase(request):
            if event.HasField("diagnostic"):
                d = _advice(event.diagnostic)
                if not d.warning:
                    raise d
                result.warnings.append(d)
            elif event.HasField("prepared"):
                p = event.prepared
                result.checks += map(_check, p.checks)
                result.metrics.update(p.metrics)
                result.facts.update(p.facts)
                result.outputs.update(p.outputs)
        return result

    def measure(
        self, phase: str, *, handle: str = "1", samples: int = 3, iterations: int = 0, sample_s: float = 0.001, heartbeat_s: float = HEARTBEAT,
    ) -> list[Sample]:
        """One visit; with iterations 0, of as many as last sample_s."""
        said: queue.SimpleQueue[Any] = queue.SimpleQueue()
        said.put(pb.MeasureRequest(start=pb.Start(
            handle=handle, phase=phase, iterations=iterations, sample_ns=round(sample_s * 1e9), samples=samples,
            heartbeat_ns=round(heartbeat_s * 1e9))))
        taken: list[Sample] = []
        try:
            for event in self._service.Measure(iter(said.get, None)):
                if event.HasField("intent"):
                    said.put(pb.MeasureRequest(ack=pb.Ack(seq=event.intent.seq)))
                elif event.HasField("sample"):
                    s = event.sample
                    taken.append(Sample(s.iterations, Times(s.wall_ns, s.device_ns, s.encode_ns), dict(s.metrics)))
                    said.put(pb.MeasureRequest(ack=pb.Ack(seq=s.seq)))
            return taken
        finally:
            said.put(None)

    def release(self, into: Result | None = None, *, handle: str = "1") -> Result:
        into = into or Result()
        answer = self._service.ReleaseCase(pb.ReleaseCaseRequest(handle=handle))
        into.checks += map(_check, answer.checks)
        into.metrics.update(answer.metrics)
        return into


def _check(c: Any) -> Check:
    return Check(c.name, c.value, c.limit, c.passed, c.detail, c.kind == 2)


def _advice(d: Any) -> Diagnostic:
    return Diagnostic(d.summary, d.detail, path=path_text(d.path), code=d.code, warning=d.severity == 2)
