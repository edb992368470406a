"""The plugin that the recorded conversations in core/proto/vectors are held with.
core/internal/vectors/plugin.go is the same on the SDK for Go."""

from __future__ import annotations

import dataclasses
import json
import time
from dataclasses import dataclass

import assay_sdk as sdk
from assay_sdk import search


@dataclass
class Part:
    weight: float = sdk.arg(1.0, help="how much it counts", min=0)


@dataclass
class Config:
    n: int = sdk.arg(4, help="elements, an even number", min=1, max=8)
    fault: str = sdk.arg("none", help="what comes of preparing it", oneof=("none", "advice", "defect"))
    weights: list[float] = sdk.arg([0.5, 2], help="numbers that it answers with")
    part: dict[str, Part] = sdk.arg(help="a part", label="name")


def validate(config: Config) -> list[sdk.Diagnostic]:
    odd = [sdk.Diagnostic("n is odd", "Use an even number.", path="n", code="n_odd")] if config.n % 2 else []
    return odd + [
        sdk.Diagnostic("the part counts for nothing", path=f"part[{json.dumps(name)}].weight", warning=True)
        for name, part in sorted(config.part.items()) if part.weight == 0
    ]


def prepare(req: sdk.Request[Config]) -> sdk.Prepared:
    req.progress("inputs", 0.5)
    if req.config.fault == "advice":
        raise sdk.Diagnostic("the weight is too heavy", "Make it lighter.", path="weights[1]", code="too_heavy")
    if req.config.fault == "defect":
        raise ValueError("the third wheel is missing")
    size = 8 * req.config.n
    work = [0.0] * 1000
    return sdk.Prepared(
        phases={
            "work": sdk.Timed(units=1, bytes=size, step=work.sort, verify=lambda iteration: [sdk.below("wrong_elements", 0, 0)]),
            "fixed": sdk.Timed(units=2, iterations=5, step=work.sort),
            "slow": sdk.Timed(units=1, step=lambda: time.sleep(0.05)),
        },
        metrics={"size": size}, facts={"model": "none"}, outputs={"seed": str(req.seed)},
        numbers={"weights": sdk.Numbers(req.config.weights, 0.25)}, warnings=[sdk.Diagnostic("n is small", code="small")],
        sample_metrics=lambda: {"left": 1.5},
        check=lambda: ([sdk.Check("tokens", 2, 2, True, "2/2 identical", fidelity=True)], {"left": 0}),
    )


def propose(found: search.Results[Config]) -> search.Proposal[Config]:
    """Tries every even n, the smallest first."""
    tried = sorted(r.config.n for r in found.results)
    for n in (2, 4, 6, 8):
        if n not in tried:
            after = dataclasses.replace(found.results[0].config, n=n)
            return search.Proposal(next=[search.Next(f"n{n}", after, "not tried")], progress=f"{len(tried)} of 4 tried")
    return search.Proposal(
        pairs=[search.Pair(found.results[0].name, found.results[1].name)],
        findings=[search.Finding("tried", "all were tried", data={"n": tried}, certainty="shown")],
    )


PLUGIN = sdk.Plugin(
    name="vectors", version="1.0.0", source="assay/vectors", doc="Answers recorded conversations.", config=Config,
    phases=[
        sdk.Phase("work", doc="a little work", unit="call", single=True),
        sdk.Phase("fixed", doc="always five iterations", unit="tok"),
        sdk.Phase("slow", doc="a pause of 50 ms", unit="call"),
    ],
    metrics=[sdk.Metric("size", "B", "of the elements", better="lower", exact=True), sdk.Metric("left", "B", "what is left", better="higher")],
    validate=validate, prepare=prepare, propose=propose, bytes=lambda c: 8 * c.n, starts=lambda c: [sdk.Command(["true"], "/")],
)
