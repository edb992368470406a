"""A kernel of the user's own, given to MLX as source."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

import assay_sdk as sdk
import numpy as np

from . import _counted as counted
from ._config import Kernel, Tensor
from ._engine import backend, mx
from ._op import Made, error
from ._patch import function

_BACKEND = {"metal": "apple", "cuda": "cuda"}


def made(req: sdk.Request[Any], k: Kernel) -> Made:
    m, runs_on = mx(), _BACKEND[k.language]
    if backend() != runs_on:
        raise sdk.Diagnostic(
            f"{k.language}_kernel does not run here", f"mx.fast.{k.language}_kernel needs MLX on {runs_on}, and this build computes on {backend()}. "
            "The plugin kernel runs bodies of mx.fast.metal_kernel on other devices too.", path="kernel.language", code="no_backend")
    reference = None if k.reference is None else function(k.reference, k.modules, "kernel.reference", "reference")
    options = {"atomic_outputs": True} if k.atomic_outputs else {}
    kernel = getattr(m.fast, k.language + "_kernel")(
        name=k.name, input_names=list(k.input), output_names=list(k.output), source=Path(k.source).read_text(),
        header=Path(k.header).read_text() if k.header else "", **options)
    rotation = req.copies(sum(map(_bytes, k.input.values())))
    inputs = [[_drawn(req.seed, f"{name} {i}", t) for name, t in k.input.items()] for i in range(rotation)]
    m.eval(inputs)
    how = dict(
        template=[(name, _template(value)) for name, value in k.template.items()], grid=_three(k.grid), threadgroup=_three(k.threadgroup),
        output_shapes=[tuple(t.shape) for t in k.output.values()], output_dtypes=[getattr(m, t.dtype) for t in k.output.values()])

    def check(got: Any, i: int) -> list[sdk.Check]:
        values = [np.array(a.astype(m.float32)) for a in got]
        found = [sdk.below("not_finite", sum(int((~np.isfinite(v)).sum()) for v in values), 0)]
        if reference is not None:
            for name, have, want in zip(k.output, values, reference(*inputs[i])):
                found.append(sdk.below(name, error(have.astype(np.float64), np.array(want.astype(m.float32)).astype(np.float64)), k.tolerance))
        return found

    return lambda i: kernel(inputs=inputs[i], **how), check, rotation, sum(map(_bytes, [*k.input.values(), *k.output.values()]))


def _bytes(t: Tensor) -> int:
    return prod(t.shape) * int(getattr(mx(), t.dtype).size)


def _drawn(seed: int, purpose: str, t: Tensor) -> Any:
    m = mx()
    values = counted.Stream(seed, purpose).normals(prod(t.shape)).reshape(t.shape)
    dtype = getattr(m, t.dtype)
    if not m.issubdtype(dtype, m.floating):
        values = np.abs(values * 16).astype(np.int32)
    return m.array(values).astype(dtype)


def _three(sizes: list[int]) -> tuple[int, ...]:
    return tuple([*sizes, 1, 1][:3])


def _template(value: str) -> Any:
    """A type of MLX, true, false or a whole number."""
    if value in ("true", "false"):
        return value == "true"
    dtype = getattr(mx(), value, None)
    return dtype if isinstance(dtype, mx().Dtype) else int(value)


def flat(got: Any) -> Any:
    """The outputs of one call, one after the other."""
    m = mx()
    return m.concatenate([a.astype(m.float32).flatten() for a in got])

