"""Propose, between messages and package search."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from . import _proto as pb
from ._schema import Object
from .errors import Broken
from .search import PhaseResult, Proposal, Result, Results, RoundTimes


def answer(config: Object, propose: Callable[[Results[Any]], Proposal[Any]], request: Any) -> Any:
    results = [_result(config, r) for r in request.results]
    p = propose(Results(seed=request.seed, results=results))
    if not isinstance(p, Proposal):
        raise Broken(f"propose: the plugin returned {p!r:.60}; want a Proposal")
    out = pb.ProposeResponse(progress=p.progress)
    for n in p.next:
        out.proposals.add(name=n.name, config_json=_json(config.encode(n.config)), why=n.why)
    for x in p.pairs:
        out.pairs.add(base=x.base, path=x.path)
    for f in p.findings:
        out.findings.add(kind=f.kind, summary=f.summary, detail=f.detail, data_json=_json(f.data), certainty=f.certainty)
    return out


def _json(x: Any) -> bytes:
    return json.dumps(x, allow_nan=False).encode()


def _result(config: Object, r: Any) -> Result[Any]:
    value, found = config.decode(r.config_json)
    if found:
        raise Broken(f"result {r.name}: {found[0]}", "INVALID_ARGUMENT")
    return Result(
        name=r.name, config=value, baseline=r.baseline, phases={name: _phase(p) for name, p in r.phases.items()},
        metrics=dict(r.metrics), checks_passed=r.checks_passed, failure=r.failure,
    )


def _phase(p: Any) -> PhaseResult:
    return PhaseResult(
        wall=p.wall_ns, device=p.device_ns, encode=p.encode_ns, ratio=p.ratio, rounds=p.rounds,
        lower=p.lower if p.HasField("lower") else -math.inf, upper=p.upper if p.HasField("upper") else math.inf,
        per_round=[RoundTimes(t.round, t.wall_ns, t.device_ns, t.encode_ns) for t in p.per_round],
    )
