"""The plugin: what it says of itself, and how a configuration is prepared."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import assay_sdk as sdk

from . import __version__, _engine
from ._config import Block, Config, Experts, validate

_TOKENS = (
    sdk.Phase("decode", doc="an op or a block with `tokens` tokens; one token of a model, after `context` tokens", unit="tok"),
    sdk.Phase("prefill", doc="an op or a block with `prompt_tokens` tokens; as many of a model, after `context` tokens", unit="tok"),
)
_CALL = sdk.Phase("call", doc="one call of the kernel", unit="call")
_METRICS = (
    sdk.Metric("active_memory", "B", "memory of arrays that are alive, by MLX, after a sample", better="lower"),
    sdk.Metric("cache_memory", "B", "memory that MLX keeps for arrays to come, after a sample", better="lower"),
    sdk.Metric("patched_modules", "", "modules of a block or a model that are others after its patch", exact=True),
    sdk.Metric("peak_memory", "B", "most memory of arrays in a visit so far, by MLX", better="lower"),
)


def prepare(req: sdk.Request[Config]) -> sdk.Prepared:
    c = req.config
    made = _model(req) if c.model is not None else _calls(req)
    made.facts = {**_engine.versions(), **_engine.settings(), "evaluate": c.evaluate, **made.facts}
    inner = made.begin_visit

    def begin(phase: str) -> None:
        _engine.limit(c.cache_limit, c.wired_limit)
        _engine.METER.begin()
        if inner is not None:
            inner(phase)

    made.begin_visit, made.sample_metrics = begin, _memory
    return made


def _memory() -> dict[str, float]:
    m = _engine.mx()
    return {"active_memory": m.get_active_memory(), "cache_memory": m.get_cache_memory(), "peak_memory": _engine.METER.memory().peak}


def _calls(req: sdk.Request[Config]) -> sdk.Prepared:
    """An op, a block or a kernel: iterations that do not hang on each other."""
    from . import _counted, _kernel, _op, _timing

    kernel, part = req.config.kernel, req.config.op or req.config.block
    made = sdk.Prepared(phases={}, facts=_op.facts(part) if part is not None else {})
    calls: dict[str, _timing.Calls] = {}

    def phase(name: str) -> sdk.Timed:
        units, tolerance = 1, kernel.tolerance if kernel is not None else 0.0
        if kernel is not None:
            build, check, rotation, moved = _kernel.made(req, kernel)
        else:
            assert part is not None
            units, tolerance = part.tokens if name == "decode" else part.prompt_tokens, _op.tolerance(part.dtype)
            build, check, rotation, moved = _built(req, part, name, units, made)
        c = calls[name] = _timing.Calls(build, rotation, req.config.evaluate, req.beat)

        def verify(step: int) -> list[sdk.Check]:
            if c.last is None:
                return [sdk.Check("output", 1, 0, False, "no iteration gave one")]
            if step == 0 and name not in made.numbers:
                values = _kernel.flat(c.last if isinstance(c.last, (list, tuple)) else [c.last])
                made.numbers = {**made.numbers, name: sdk.Numbers(_counted.sketch(req.seed, values), tolerance)}
            checks: list[sdk.Check] = check(c.last, step)
            return checks

        return sdk.Timed(own_times=c.times, units=units, bytes=moved, rotation=rotation, verify=verify, spoil=c.spoil)

    made.phases = {name: phase(name) for name in req.phases}
    made.begin_visit = lambda name: calls[name].begin()
    return made


def _built(req: sdk.Request[Config], part: Experts, phase: str, tokens: int, into: sdk.Prepared) -> Any:
    from . import _op

    op = req.config.op
    if op is not None and op.name == "quantized_matmul":
        return _op.quantized_matmul(req, op, tokens)
    down = op.down if op is not None else True
    req.progress("weights", 0)
    layers = [_op.Layer(req, part, i, down) for i in range(part.layers)]
    inputs = _op.Inputs.of(req, part, phase, tokens)
    block = req.config.block
    of_expert = sum(w.n * w.row_bytes() for w in (layers[0].gate, layers[0].up, layers[0].down) if w is not None)
    into.warnings = [*into.warnings, *req.not_cold("weights of " + phase, inputs.weight_bytes(of_expert))]
    width = part.shape.hidden if down else part.shape.top_k * part.shape.inter
    moved = inputs.bytes(of_expert, tokens * (part.shape.hidden + width) * int(inputs.x[0].itemsize))
    if block is not None and block.name == "moe":  # it chooses experts itself: as few as there may be
        moved = part.shape.top_k * of_expert + 2 * tokens * part.shape.hidden * int(inputs.x[0].itemsize)
    if op is not None:
        call = _op.gather_qmm(op, layers, inputs)
        into.facts = {**into.facts, "form": op.form, "compile": op.compile, "sort": str(op.sort)}
        return call, lambda got, step: [_op.in_float64(req.seed, op, inputs, layers, step, got)], len(inputs.routes), moved
    assert block is not None
    return *_block(req, block, layers, inputs, into), len(inputs.routes), moved


def _block(req: sdk.Request[Config], block: Block, weights: Any, inputs: Any, into: sdk.Prepared) -> Any:
    from . import _lm, _patch

    made = []
    for i, layer in enumerate(weights):
        module = _lm.switch_glu(block, layer) if block.name == "switch_glu" else _lm.moe(block, layer, req.seed, i)
        module, facts, changed = _patch.apply(module, block, "block")
        made.append(module)
        into.facts, into.metrics = {**into.facts, **facts}, {"patched_modules": into.metrics.get("patched_modules", 0) + changed}
    into.facts = {**into.facts, "block": block.name, "compile": str(block.compile)}
    return _lm.forward(block, made, inputs), _lm.check(req, block, made, weights, inputs)


def _model(req: sdk.Request[Config]) -> sdk.Prepared:
    from . import _model as model

    return model.prepare(req)


def _doc() -> str:
    """The README, as it stands in the repository or as pip keeps it."""
    beside = Path(__file__).parent.parent / "README.md"
    if beside.is_file():
        return beside.read_text()
    try:
        installed = distribution("assay-mlx").read_text("METADATA") or ""
    except PackageNotFoundError:
        installed = ""
    return installed.partition("\n\n")[2] or "Ops of MLX, blocks and models of mlx-lm."


def plugin() -> sdk.Plugin[Config]:
    return sdk.Plugin(
        name="mlx", version=__version__, source="assay/mlx", doc=_doc(), config=Config, validate=validate, prepare=prepare,
        declare=lambda c: ([_CALL] if c.kernel is not None else _TOKENS, ()), metrics=_METRICS, devices=("apple", "cuda", "cpu"), open_device=_engine.open_device)


def serve() -> None:
    sdk.serve(plugin())
