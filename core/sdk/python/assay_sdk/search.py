"""What propose is asked and answers: the results so far, and configurations to
compare next or findings. The host asks in a process that opens no device, again
after each proposal was measured, until there is no Next."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

C = TypeVar("C")


@dataclass(frozen=True)
class RoundTimes:
    """One round's times, ns per iteration: the median over its visits of each one's
    fastest sample."""

    round: int
    wall: float
    device: float
    encode: float


@dataclass(frozen=True)
class PhaseResult:
    """Times in ns per iteration (medians over rounds) and the speed against the
    baseline with its bounds: -inf and inf where the rounds are too few for one."""

    wall: float
    device: float
    encode: float
    ratio: float
    lower: float
    upper: float
    rounds: int
    per_round: Sequence[RoundTimes] = ()

    def speed(self) -> str:
        """ "0.930× [0.920×, 0.940×]", with "interval unknown" where a bound is."""
        if math.isinf(self.lower) or math.isinf(self.upper):
            return f"{self.ratio:.3f}× [interval unknown]"
        return f"{self.ratio:.3f}× [{self.lower:.3f}×, {self.upper:.3f}×]"


@dataclass(frozen=True)
class Result(Generic[C]):
    name: str
    config: C
    baseline: bool
    phases: Mapping[str, PhaseResult]
    metrics: Mapping[str, float]
    checks_passed: bool
    failure: str  # empty, or why it could not be measured


@dataclass(frozen=True)
class Results(Generic[C]):
    seed: int
    results: Sequence[Result[C]]  # in the order in which they were asked for; the baseline first


@dataclass(frozen=True)
class Next(Generic[C]):
    """One configuration to compare."""

    name: str  # becomes the variant's name
    config: C
    why: str = ""


@dataclass(frozen=True)
class Pair:
    """Names of two results."""

    base: str
    path: str


@dataclass(frozen=True)
class Finding:
    """A structured conclusion."""

    kind: str  # "knee", "culprits"; "attribution" is the host's own
    summary: str  # one sentence
    detail: str = ""
    data: Any = None  # written as JSON
    certainty: Literal["shown", "likely", "open"] = "open"


@dataclass(frozen=True)
class Proposal(Generic[C]):
    """The answer. No next means that the search is over."""

    next: Sequence[Next[C]] = ()
    findings: Sequence[Finding] = ()
    pairs: Sequence[Pair] = ()  # whose difference in time the host attributes, with an answer that has no next
    progress: str = ""  # one line for people: "3 of at most 9 sets tried"


__all__ = ["Finding", "Next", "Pair", "PhaseResult", "Proposal", "Result", "Results", "RoundTimes"]
