"""The device that a plugin brings, and the cpu of those that bring none."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Memory:
    """Device memory in use, and the most that was."""

    current: int
    peak: int


@dataclass(frozen=True)
class Moved:
    """Bytes that the fastest pass of a yardstick moved, and the ns that it took."""

    bytes: int
    ns: int


@dataclass
class Device:
    """What a plugin opened."""

    kind: str  # "apple", "cuda" or "cpu"
    name: str  # "Apple M4 Max"
    index: int = 0  # among those of its kind
    family: str = ""
    cores: int = 0
    memory_bytes: int = 0
    last_cache_bytes: int = 0
    driver: str = ""
    os_build: str = ""
    simulated: bool = False  # its times are no measurements
    facts: Mapping[str, str] = field(default_factory=dict)  # versions of what drives it

    # Waits until it has done all that it was given; called before and after each sample.
    synchronize: Callable[[], object] | None = None
    # Asked for what a configuration keeps, and for the peak of a visit.
    memory: Callable[[], Memory] | None = None
    # Measures how fast it moves memory now, by yardstick: "stream" (reads), "copy".
    yardsticks: Mapping[str, Callable[[], Moved]] = field(default_factory=dict)
    close: Callable[[], object] | None = None


def cpu() -> Device:
    """The device of a plugin that brings none: it is called what the machine's processor is."""
    return Device(
        kind="cpu", name=_field("/proc/cpuinfo", "model name") or _sysctl("machdep.cpu.brand_string")
        or platform.machine() + " processor",
        family=platform.machine(), cores=_cores(), memory_bytes=_memory(), last_cache_bytes=_last_cache(),
        driver=f"{platform.python_implementation()} {platform.python_version()}",
        os_build=f"{platform.system()} {platform.release()}",
    )


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def _memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return 0


def _last_cache() -> int:
    sizes = [0]
    for file in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size"):
        text = _read(file).strip()
        if text.endswith("K") and text[:-1].isdigit():
            sizes.append(int(text[:-1]) << 10)
    return max(sizes) or int(_sysctl("hw.l2cachesize") or 0)


def _field(file: str, key: str) -> str:
    for line in _read(Path(file)).splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return ""


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError):
        return ""


def _sysctl(name: str) -> str:
    if sys.platform != "darwin":
        return ""
    try:
        return subprocess.run(["/usr/sbin/sysctl", "-n", name], capture_output=True, text=True, timeout=5).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
