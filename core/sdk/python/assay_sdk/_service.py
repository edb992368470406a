"""The protocol of one plugin, call by call, on messages: no host and no gRPC is needed."""

from __future__ import annotations

import hashlib
import logging
import re
import threading
from collections.abc import Iterator
from typing import Any

from . import __version__, _propose
from . import _proto as pb
from ._case import Case
from ._lane import Events, Lane
from ._names import distinct, whole
from ._schema import Object
from ._value import proto_diagnostic
from ._visit import Visit
from ._watch import Watch
from .device import Device, cpu
from .errors import Broken, Diagnostic, Faults, broken, diagnostics_of
from .plugin import Metric, Phase, Plugin

_NAME = re.compile(r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")
_VERSION = re.compile(r"^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$")
_KINDS = ("apple", "cuda", "cpu", "sim")


class Service:
    def __init__(self, plugin: Plugin[Any], lane: Lane, log: logging.Logger) -> None:
        self.plugin, self._lane, self._log = plugin, lane, log
        self.config = self._sound()
        self._watch = Watch()
        self._device: Device | None = None
        self._cases: dict[str, Case] = {}

    def _sound(self) -> Object:
        """Checks what can be checked before anything runs."""
        p = self.plugin
        at = f"plugin {p.name}: "
        if not _NAME.match(p.name):
            raise Broken(f'plugin name "{p.name}" must be lower case letters, digits and dashes')
        if not _VERSION.match(p.version):
            raise Broken(f'{at}version "{p.version}" is not a semantic version')
        if not p.phases and p.declare is None:
            raise Broken(at + "has no phase to time")
        if p.open_device is not None and not p.devices:
            raise Broken(at + "has open_device and no devices; list the kinds that it opens")
        if p.open_device is None and tuple(p.devices) not in ((), ("cpu",)):
            raise Broken(f"{at}runs on {', '.join(p.devices)} and has no open_device; without one it runs on cpu")
        for kind in p.devices:
            if kind not in _KINDS:
                raise Broken(f'{at}runs on device "{kind}", want one of {", ".join(_KINDS)}')
        try:
            distinct("phase", p.phases)
            distinct("metric", p.metrics)
            return Object(p.config)
        except (Broken, TypeError) as e:
            raise Broken(f"{at}{e}") from e

    def describe(self) -> Any:
        p = self.plugin
        return pb.DescribeResponse(
            name=p.name, version=p.version, sdk_version=__version__, config=self.config.proto(), markdown=p.doc,
            devices=p.devices or ["cpu"], source=p.source, phases=map(_phase, p.phases), metrics=map(_metric, p.metrics),
            capabilities=["CAPABILITY_PROPOSE"] if p.propose else [],
        )

    def Describe(self, request: Any) -> Any:
        return self.describe()

    def ValidateConfig(self, request: Any) -> Any:
        try:
            return self._lane.do(lambda: self._validate(request.config_json))
        except BaseException as e:
            raise broken("validate", e) from e

    def _validate(self, data: bytes) -> Any:
        p, r = self.plugin, pb.ValidateConfigResponse()
        config, found = self._read(data)
        r.diagnostics.extend(proto_diagnostic(d) for d in found)
        if config is None:
            return r
        try:
            phases, metrics = p.declare(config) if p.declare else ((), ())
            self._declared(phases, metrics)
            r.phases.extend(map(_phase, phases))
            r.metrics.extend(map(_metric, metrics))
            for c in p.starts(config) if p.starts else ():
                r.starts.add(argv=c.argv, folder=c.folder)
        except Exception:
            if not _failed(found):
                raise
            return r  # validate found a fault: what else there is to say of it is said as far as it can be
        if not _failed(found) and not p.phases and not phases:
            r.diagnostics.append(proto_diagnostic(Diagnostic(
                "nothing to time", "This configuration declares no phase, and the plugin has none of its own.", code="no_phase")))
        elif p.bytes is not None and not _failed(found):
            r.device_bytes = p.bytes(config)
        return r

    def _read(self, data: bytes) -> tuple[Any, list[Diagnostic]]:
        config, found = self.config.decode(data)
        if config is not None and self.plugin.validate is not None:
            found = list(self.plugin.validate(config) or ())
            for d in found:
                if not isinstance(d, Diagnostic):
                    raise Broken(f"validate gives {d!r:.60}; want a list of Diagnostic")
        return config, found

    def _declared(self, phases: Any, metrics: Any) -> tuple[list[str], list[str]]:
        return (
            distinct("phase", [*self.plugin.phases, *phases]),
            distinct("metric", [*self.plugin.metrics, *metrics]),
        )

    def OpenDevice(self, request: Any) -> Any:
        if self._device is not None:
            raise Broken("OpenDevice was called twice", "FAILED_PRECONDITION")
        try:
            d = self._lane.do(lambda: self._open(request.kind or "auto", request.index))
        except BaseException as e:
            if not (found := diagnostics_of(e)):
                raise broken("open device", e) from e
            return pb.OpenDeviceResponse(diagnostics=map(proto_diagnostic, found))
        self._device = d
        return pb.OpenDeviceResponse(device=pb.Device(
            kind=d.kind, name=d.name, family=d.family, cores=d.cores, memory_bytes=d.memory_bytes, last_cache_bytes=d.last_cache_bytes,
            driver=d.driver, os_build=d.os_build, simulated=d.simulated, facts=d.facts, index=d.index, yardsticks=list(d.yardsticks),
        ))

    def _open(self, kind: str, index: int) -> Device:
        kinds = list(self.plugin.devices) or ["cpu"]
        if kind != "auto" and kind not in kinds:
            raise Diagnostic(f"plugin does not run on {kind}", f"It runs on {', '.join(kinds)}.", code="device_unsupported")
        passed: list[str] = []
        for k in kinds if kind == "auto" else [kind]:
            try:
                device = self._opened(k, index)
            except Diagnostic as e:
                if kind != "auto":
                    raise
                passed.append(f"{k}: {e}")
                continue
            if not isinstance(device, Device) or device.kind != k or not device.name:
                raise Broken(f"open device: open_device gives {device!r:.80}; want a Device of kind {k} that has a name")
            return device
        raise Diagnostic("device is not available", "; ".join(passed), code="device_unavailable")

    def _opened(self, kind: str, index: int) -> Device:
        if self.plugin.open_device is not None:
            return self.plugin.open_device(kind, index)
        if index != 0:
            raise Diagnostic("device is not available", f"There is one cpu, and it has no number {index}.", code="device_unavailable")
        return cpu()

    def PrepareCase(self, request: Any) -> Iterator[Any]:
        if self._device is None:
            raise Broken("PrepareCase came before OpenDevice", "FAILED_PRECONDITION")
        if not request.handle or request.handle in self._cases:
            raise Broken(f'handle "{request.handle}" is empty or taken', "ALREADY_EXISTS")
        if request.config_digest != "sha256:" + hashlib.sha256(request.config_json).hexdigest():
            raise Broken(f"digest {request.config_digest} is not that of the configuration", "INVALID_ARGUMENT")
        yield from self._lane.stream(lambda events: self._prepare(request, events))

    def _prepare(self, request: Any, events: Events) -> None:
        try:
            config, found = self._read(request.config_json)
            if config is None or _failed(found):  # warnings were given by ValidateConfig
                raise Faults(found)
            phases, metrics = self.plugin.declare(config) if self.plugin.declare else ((), ())
            names = self._declared(phases, metrics)
            for phase in request.phases:
                _timed(phase, names[0])
            assert self._device is not None
            case = Case(request, config, self._device, names, self._log, self._watch, events)
            prepared = case.prepare(self.plugin, [*self.plugin.phases, *phases])
        except BaseException as e:
            if not (found := diagnostics_of(e)):
                raise broken("prepare", e) from e
            for d in found:
                events.send(pb.PrepareCaseResponse(diagnostic=proto_diagnostic(d)))
            return
        self._cases[request.handle] = case
        events.send(pb.PrepareCaseResponse(prepared=prepared))

    def _find(self, handle: str) -> Case:
        if handle not in self._cases:
            raise Broken(f'no configuration is prepared under handle "{handle}"', "NOT_FOUND")
        return self._cases[handle]

    def Measure(self, requests: Iterator[Any]) -> Iterator[Any]:
        first = next(requests, None)
        if first is None or not first.HasField("start"):
            raise Broken("a visit begins with Start", "INVALID_ARGUMENT")
        start = first.start
        case = self._find(start.handle)
        _timed(start.phase, case.names[0])
        running = case.running.get(start.phase)
        if running is None:
            raise Broken(f'phase "{start.phase}" was not asked for when the configuration was prepared', "INVALID_ARGUMENT")
        own = running.of.iterations
        if own and start.iterations not in (0, own):
            text = f'{start.iterations} iterations of phase "{start.phase}" are asked for; it has {own} in every sample'
            raise Broken(text, "INVALID_ARGUMENT")

        def run(events: Events) -> None:
            visit = Visit(start, case.digest, case.made, case.names[1], running, own or start.iterations, self._watch, events.send, events.fail)
            threading.Thread(target=visit.receive, args=(requests,), name="assay acks", daemon=True).start()
            reason = visit.run()
            events.send(pb.MeasureResponse(done=pb.Done(reason=reason, peak_device_bytes=case.memory().peak)))

        yield from self._lane.stream(run)

    def MeasureYardstick(self, request: Any) -> Any:
        if self._device is None or request.yardstick not in self._device.yardsticks:
            raise Broken("MeasureYardstick came before OpenDevice, or to a device that has none", "FAILED_PRECONDITION")
        measure = self._device.yardsticks[request.yardstick]
        try:
            moved = self._lane.do(measure)
            return pb.MeasureYardstickResponse(bytes=whole("yardstick: bytes", moved.bytes), ns=whole("yardstick: ns", moved.ns))
        except BaseException as e:
            if not (found := diagnostics_of(e)):
                raise broken("yardstick", e) from e
            return pb.MeasureYardstickResponse(diagnostics=map(proto_diagnostic, found))

    def ReleaseCase(self, request: Any) -> Any:
        case = self._find(request.handle)
        del self._cases[request.handle]
        try:
            return self._lane.do(case.finish)
        except BaseException as e:
            raise broken("release", e) from e

    def Propose(self, request: Any) -> Any:
        if self.plugin.propose is None:
            raise Broken("the plugin does not propose", "UNIMPLEMENTED")
        propose = self.plugin.propose
        try:
            return self._lane.do(lambda: _propose.answer(self.config, propose, request))
        except BaseException as e:
            if not (found := diagnostics_of(e)):
                raise broken("propose", e) from e
            return pb.ProposeResponse(diagnostics=map(proto_diagnostic, found))

    def shutdown(self) -> None:
        """Frees the configurations and the device, on the lane's thread."""
        for case in self._cases.values():
            case.release()
        if self._device is not None and self._device.close is not None:
            self._device.close()


def _timed(phase: str, names: list[str]) -> None:
    if phase not in names:
        raise Broken(f'phase "{phase}" is not one of {", ".join(names)}', "INVALID_ARGUMENT")


def _failed(found: list[Diagnostic]) -> bool:
    return any(not d.warning for d in found)


def _phase(p: Phase) -> Any:
    return pb.Phase(name=p.name, description=p.doc, unit=p.unit, single=p.single)


def _metric(m: Metric) -> Any:
    return pb.Metric(name=m.name, unit=m.unit, description=m.doc, exact=m.exact, better="BETTER_" + (m.better or "unspecified").upper())


