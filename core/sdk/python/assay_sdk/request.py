"""What the host asks of prepare."""

from __future__ import annotations

import hashlib
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from .device import Device
from .errors import Diagnostic

C = TypeVar("C")

# Bounds of a cold rotation, those of the SDK for Go.
_COLD_MARGIN = 3  # a rotation that goes through so many times the last cache is cold
_MEMORY_SHARE = 4  # of the device's memory, one part for all copies
_MOST_COPIES = 128


@dataclass(frozen=True)
class Request(Generic[C]):
    """Asks prepare for one configuration."""

    config: C
    device: Device
    seed: int  # inputs are a function of it and of config only
    cold: bool  # inputs and weights must come from memory, not from a cache: see copies
    phases: Sequence[str]  # the phases that will be measured
    log: logging.Logger
    # Reports a preparation step ("compile", "upload", "reference") and how much of it
    # is done, 0 to 1.
    progress: Callable[[str, float], None]
    # Keeps a function for the end of the configuration, also when prepare fails. What
    # was kept last runs first.
    cleanup: Callable[[Callable[[], object]], None]
    # Says that a long call (Timed.run, an iteration of many seconds) goes on: a
    # heartbeat is sent when one is due. It is cheap.
    beat: Callable[[], None]

    def copies(self, bytes: int) -> int:
        """How many copies of what one iteration reads, so many bytes, a rotation needs so
        that no cache holds them when they come again; 1 where the host does not ask for
        cold ones."""
        if not self.cold:
            return 1
        bytes = max(bytes, 1)
        want = -(-_COLD_MARGIN * self.device.last_cache_bytes // bytes)
        if self.device.memory_bytes > 0:
            want = min(want, self.device.memory_bytes // _MEMORY_SHARE // bytes)
        return max(1, min(want, _MOST_COPIES))

    def not_cold(self, what: str, bytes: int) -> list[Diagnostic]:
        """A warning for Prepared.warnings where inputs should be cold and a rotation goes
        through too few bytes for that; what names them: "weights"."""
        cache = self.device.last_cache_bytes
        if not self.cold or bytes >= _COLD_MARGIN * cache:
            return []
        detail = (f"a rotation goes through {bytes / 2**20:.1f} MB, the last cache holds {cache >> 20} MB: "
                  'make them larger, or write cache = "hot" in measure')
        return [Diagnostic(what + " may be found in a cache", detail, code="not_cold", warning=True)]

    def seed_of(self, purpose: str) -> int:
        """The seed of one purpose, 64 bits, for generators of other packages. Those of
        one request are unrelated."""
        digest = hashlib.sha256(self.seed.to_bytes(8, "little") + purpose.encode()).digest()
        return int.from_bytes(digest[:8], "little")

    def rng(self, purpose: str) -> random.Random:
        """The generator of one purpose."""
        return random.Random(self.seed_of(purpose))
