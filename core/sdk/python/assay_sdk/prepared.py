"""What preparation returns: one configuration, ready to be timed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Union

from .errors import Diagnostic


@dataclass(frozen=True)
class Check:
    """One comparison with an independent reference."""

    name: str  # "rel_err", "tokens"
    value: float
    limit: float
    passed: bool
    detail: str = ""  # "200/200 identical"
    fidelity: bool = False  # compares model output (tokens) rather than numbers


def below(name: str, value: float, limit: float, detail: str = "") -> Check:
    """A check that passes when value <= limit; NaN never passes."""
    return Check(name, float(value), float(limit), bool(value <= limit), detail)


@dataclass(frozen=True)
class Times:
    """Times of n iterations together, in ns: wall of a clock, from the first call to
    the last completion, device of the device's part, encode of the host's part before
    it. The last two may be 0, for unknown."""

    wall: int
    device: int = 0
    encode: int = 0


@dataclass(frozen=True)
class Numbers:
    """A vector that stands for output which may differ by rounding: the output itself
    if it is short, else a projection that keeps distances and is the same in all arms,
    being drawn from the seed. At most 4096 finite values."""

    values: Sequence[float]
    tolerance: float  # largest distance from the baseline's, relative to the longer of the two


# Checks, or checks and metrics.
Found = Union[Sequence[Check], tuple[Sequence[Check], Mapping[str, float]]]


@dataclass
class Timed:
    """One phase of a prepared configuration. One of step, run, submit and own_times is set."""

    # One iteration, which has ended when it returns. The SDK calls it n times, takes
    # the time around all of them, and sends heartbeats between them.
    step: Callable[[], object] | None = None
    # n iterations back to back; returns when all of them have ended. If that takes
    # long, it calls Request.beat() after each.
    run: Callable[[int], object] | None = None
    # One iteration of a device that computes later: gives it the work and returns at
    # once. The SDK calls it n times, then wait: encode is the time until the last
    # submit returned, wall the time until wait did.
    submit: Callable[[], object] | None = None
    # Belongs to submit: returns when all that was submitted has ended. What it returns,
    # if it is a number, is the device's part in ns.
    wait: Callable[[], object] | None = None
    # n iterations that only the author can time, such as a figure that another program
    # prints. The SDK holds the times against its own clock.
    own_times: Callable[[int], Times] | None = None
    # A call of own_times does more than the phase, such as starting a program, so that
    # the times may be shorter than the call.
    partial: bool = False
    # Waits until a device has done all that it was given. Called before and after each
    # sample; beside that of the Device, if it has one.
    synchronize: Callable[[], object] | None = None

    units: float = 0  # tokens or calls of one iteration; 0: unknown, and no rate is shown
    bytes: int = 0  # memory that one iteration must move at least
    yardstick: str = ""  # that bytes are held against: "stream" (or empty) of mostly reads, "copy"
    iterations: int = 0  # of every sample, where you cannot run any other number; 0: as many as make a sample

    # Holds what an iteration left behind against an independent reference. The SDK runs
    # one iteration before timing and calls it, and calls it again after timing with the
    # number of the iteration that ran last.
    verify: Callable[[int], Found] | None = None
    rotation: int = 0  # so many different iterations take turns; 0: one. verify gets 0 to rotation-1
    # Overwrites the outputs before each visit, so that verify finds them right only if
    # the timed iterations wrote them.
    spoil: Callable[[], object] | None = None


@dataclass
class Prepared:
    """One configuration, ready to be timed, and what preparation found. Its functions,
    prepare and everything else that touches the device are called one at a time, from
    the main thread."""

    phases: Mapping[str, Timed]  # by name, each phase that the request asks for
    checks: Sequence[Check] = ()  # beside those of the phases' verify
    metrics: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)  # stamped into the result: model, dtype, versions, …
    outputs: Mapping[str, str] = field(default_factory=dict)  # what is computed, as digests or in words, held against the baseline's
    numbers: Mapping[str, Numbers] = field(default_factory=dict)
    bytes: int = 0  # device memory that it keeps; 0: the SDK asks the device
    time_ns: int = 0  # one-time cost worth reporting; 0: the SDK's clock around prepare
    warnings: Sequence[Diagnostic] = ()

    # Hears that a visit of a phase begins: what is left from another visit is dropped. Its
    # time is no sample's.
    begin_visit: Callable[[str], object] | None = None
    # Values of the sample just taken, outside the timed span.
    sample_metrics: Callable[[], Mapping[str, float]] | None = None
    # Compares once more after timing, beside the phases' verify.
    check: Callable[[], Found] | None = None
