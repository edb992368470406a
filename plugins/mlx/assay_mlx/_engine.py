"""MLX as a device: what is opened, what is known of it, and what it remembers."""

from __future__ import annotations

import ctypes
import dataclasses
import hashlib
import importlib.metadata
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import assay_sdk as sdk
from assay_sdk import device as machine

_YARDSTICK = 256 << 20


def missing(package: str, error: ImportError) -> sdk.Diagnostic:
    """The advice where a package is not there, for the environment that runs this."""
    wheel = package
    if package == "mlx" and sys.platform == "linux":
        wheel = "'mlx[cuda13]'" if os.path.exists("/dev/nvidiactl") else "'mlx[cpu]'"
    return sdk.Diagnostic(
        f"{package} is not installed", f"{sys.executable} cannot import it ({error}). Install it with: {sys.executable} -m pip install {wheel}",
        code=package.replace("-", "_") + "_missing")


def mx() -> Any:
    """mlx.core, which no plugin process needs before it opens a device."""
    try:
        import mlx.core

        return mlx.core
    except ImportError as e:
        raise missing("mlx", e) from e


def backend() -> str:
    """The kind of device that MLX computes on by default."""
    m = mx()
    if m.default_device().type != m.DeviceType.gpu:
        return "cpu"
    return "apple" if m.metal.is_available() else "cuda"


class Meter:
    """The most memory that timed work took in a visit."""

    def __init__(self) -> None:
        self.peak = 0

    def begin(self) -> None:
        self.peak = 0
        mx().reset_peak_memory()

    def note(self) -> None:
        self.peak = max(self.peak, mx().get_peak_memory())

    def memory(self) -> sdk.Memory:
        return sdk.Memory(mx().get_active_memory(), self.peak or mx().get_peak_memory())


METER = Meter()


def open_device(kind: str, index: int) -> sdk.Device:
    m, cpu = mx(), machine.cpu()
    if kind == "cpu":
        m.set_default_device(m.cpu)
    have = backend()
    if kind != have or index != 0:
        raise sdk.Diagnostic(
            "device is not available", f"This build of MLX ({m.__version__}) computes on {have}" +
            (f", and on one device only, not on number {index}." if index else "."), code="device_unavailable")
    about = _about(m)
    name = str(about.get("device_name") or cpu.name)
    base = dataclasses.replace(cpu, name=name) if kind == "cpu" else sdk.Device(
        kind, name, family=str(about.get("architecture", "")), os_build=cpu.os_build,
        memory_bytes=int(about.get("memory_size") or about.get("total_memory") or 0), last_cache_bytes=_gpu_cache(kind, index))
    # On a processor MLX reads with one thread, which says nothing of the memory.
    yardsticks = {} if kind == "cpu" else {"stream": lambda: _yardstick(m.max, 1), "copy": lambda: _yardstick(lambda a: a + 1, 2)}
    return dataclasses.replace(
        base, driver=f"MLX {m.__version__}", facts=versions(), synchronize=m.synchronize, memory=METER.memory, yardsticks=yardsticks)


def _about(m: Any) -> dict[str, Any]:
    ask = getattr(m, "device_info", None) or getattr(m.metal, "device_info", None)
    try:
        return dict(ask()) if ask else {}
    except (RuntimeError, ValueError, TypeError):
        return {}


def _gpu_cache(kind: str, index: int) -> int:
    """Bytes of the last cache of a GPU; MLX does not say."""
    if kind != "cuda":
        return 0
    try:
        driver = ctypes.CDLL("libcuda.so.1")
        size, device = ctypes.c_int(0), ctypes.c_int(0)
        l2_cache_size = 38
        if driver.cuInit(0) or driver.cuDeviceGet(ctypes.byref(device), index):
            return 0
        return size.value if driver.cuDeviceGetAttribute(ctypes.byref(size), l2_cache_size, device) == 0 else 0
    except (OSError, AttributeError):
        return 0


def _yardstick(pass_over: Any, each: int) -> sdk.Moved:
    """The fastest pass over memory that is given back, for MLX to hold no more than
    the arms do."""
    m = mx()
    block = m.ones((_YARDSTICK // 4,), m.float32)
    m.eval(block)
    best = 0
    for _ in range(5):
        m.synchronize()
        begin = time.perf_counter_ns()
        m.eval(pass_over(block))
        m.synchronize()
        took = time.perf_counter_ns() - begin
        best = took if best == 0 else min(best, took)
    del block
    m.clear_cache()
    return sdk.Moved(each * _YARDSTICK, best)


def version_of(package: str) -> str:
    """Version, and the commit where it was installed from a repository."""
    try:
        found = importlib.metadata.distribution(package)
    except importlib.metadata.PackageNotFoundError:
        return ""
    try:
        origin = json.loads(found.read_text("direct_url.json") or "{}")
    except ValueError:
        origin = {}
    commit = origin.get("vcs_info", {}).get("commit_id", "") if isinstance(origin, dict) else ""
    return found.version + (f" ({commit})" if commit else "")


def digest(files: Iterable[Path]) -> str:
    """Of the names and contents of files."""
    whole = hashlib.sha256()
    for file in sorted(files):
        whole.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()


def versions() -> dict[str, str]:
    """What this process runs."""
    out = {"python_version": platform.python_version(), "executable": sys.executable, "mlx_version": version_of("mlx") or mx().__version__}
    # The program that is pinned is a script which imports this package.
    out["source_sha256"] = digest(f for f in Path(__file__).parent.iterdir() if f.suffix in (".py", ".json"))
    for package in ("mlx-lm", "numpy"):
        if version := version_of(package):
            out[package.replace("-", "_") + "_version"] = version
    return out


def settings() -> dict[str, str]:
    """What moves MLX and is no version: its environment variables, and its limits."""
    m = mx()
    out = {name.lower(): value for name, value in sorted(os.environ.items()) if name.startswith("MLX_")}
    out["backend"], out["default_device"] = backend(), str(m.default_device())
    limits: dict[str, Callable[[], int]] = {"memory_limit": lambda: _asked(m.set_memory_limit), "cache_limit": lambda: _asked(m.set_cache_limit)}
    if m.metal.is_available():
        limits["wired_limit"] = lambda: _asked(m.set_wired_limit)
    for name, ask in limits.items():
        out[name] = str(ask())
    return out


def _asked(setter: Any) -> int:
    """A limit of MLX that has no getter: setting it answers with what it was."""
    was: int = setter(0)
    setter(was)
    return was


def limit(cache: int | None, wired: int | None) -> None:
    """Sets what a configuration asks for, and MLX's own limits where it asks for none:
    configurations of one process take turns."""
    m = mx()
    if not _FIRST:
        _FIRST["cache"] = _asked(m.set_cache_limit)
        _FIRST["wired"] = _asked(m.set_wired_limit) if m.metal.is_available() else 0
    m.set_cache_limit(_FIRST["cache"] if cache is None else cache)
    if m.metal.is_available():
        m.set_wired_limit(_FIRST["wired"] if wired is None else wired)


_FIRST: dict[str, int] = {}


class Pool:
    """Shares what is expensive and never written between the configurations of a
    process: two arms that agree on weights read the same memory."""

    def __init__(self) -> None:
        self._shared: dict[Any, list[Any]] = {}  # users, value

    def take(self, req: sdk.Request[Any], key: Any, make: Any) -> Any:
        if key not in self._shared:
            self._shared[key] = [0, make()]
        entry = self._shared[key]
        entry[0] += 1

        def put() -> None:
            entry[0] -= 1
            if entry[0] == 0:
                del self._shared[key]
                mx().clear_cache()

        req.cleanup(put)
        return entry[1]


POOL = Pool()
