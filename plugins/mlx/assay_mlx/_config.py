"""What a configuration is, and what is wrong with one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import assay_sdk as sdk

FORMS = ("separate", "concatenated", "fused")
COMPILED = ("none", "activation", "all")


@dataclass(frozen=True)
class Shape:
    """Of a model's mixture of experts."""

    layers: int
    hidden: int
    experts: int
    top_k: int
    inter: int


@cache
def shapes() -> dict[str, Shape]:
    """The presets, those of the plugin gather-qmm."""
    read = json.loads((Path(__file__).parent / "shapes.json").read_text())
    return {name: Shape(**fields) for name, fields in read.items()}


@dataclass
class Experts:
    """A problem of the plugin gather-qmm."""

    shapes: str = sdk.arg("qwen3-30b-a3b", help="shape of the experts", oneof=tuple(shapes()))
    bits: int = sdk.arg(4, help="bits of a quantized weight", oneof=(2, 3, 4, 5, 6, 8))
    group_size: int = sdk.arg(64, help="weights that share one scale and bias", oneof=(32, 64, 128))
    dtype: str = sdk.arg("bfloat16", help="type of activations, scales and biases", oneof=("float32", "float16", "bfloat16"))
    layers: int = sdk.arg(1, help="layers whose weights are made", min=1)
    experts: int = sdk.arg(0, help="experts per layer whose weights are made; 0: all that the model has", min=0)
    tokens: int = sdk.arg(1, help="tokens of one decode iteration, one per sequence", min=1, max=256)
    prompt_tokens: int = sdk.arg(64, help="tokens of one prefill iteration", min=1, max=4096)

    @property
    def shape(self) -> Shape:
        return shapes()[self.shapes]

    @property
    def made(self) -> int:
        """Experts of a layer that are made."""
        return self.experts or self.shape.experts


@dataclass
class Op(Experts):
    name: str = sdk.arg("gather_qmm", help="gather_qmm: gate, up and SwiGLU of the experts of each token; quantized_matmul: one matrix",
                        oneof=("gather_qmm", "quantized_matmul"))
    form: str = sdk.arg("separate", help="of gather_qmm: two calls, one call on gate and up laid one after the other, "
                        "or mx.gather_qmm_swiglu where the build of MLX has it", oneof=FORMS)
    compile: str = sdk.arg("activation", help="what mx.compile is given: nothing, SwiGLU as in mlx-lm, or all of an iteration", oneof=COMPILED)
    sort: bool = sdk.arg(False, help="sort pairs by expert first, as mlx-lm does from 64 pairs on")
    down: bool = sdk.arg(False, help="also run the down projection")
    rows: int | None = sdk.arg(help="of quantized_matmul: outputs; unset: the hidden size", min=1)


@dataclass
class Patched:
    patch: str | None = sdk.arg(help='applied when it is prepared: "module:function", called with the module or model; '
                                "what it returns takes its place, unless that is None")
    modules: str | None = sdk.arg(help="folder in which the patch's module is looked for before the environment", path=True)


@dataclass
class Block(Experts, Patched):
    name: str = sdk.arg("switch_glu", help="switch_glu: the experts alone, SwitchGLU of mlx-lm; moe: with router and sum, "
                        "Qwen3MoeSparseMoeBlock of mlx-lm", oneof=("switch_glu", "moe"))
    compile: bool = sdk.arg(False, help="give the block to mx.compile")


_DTYPES = ("bool_", "uint8", "uint32", "int32", "float16", "bfloat16", "float32")


@dataclass
class Tensor:
    dtype: str = sdk.arg("float32", help="type of an element", oneof=_DTYPES)
    shape: list[int] = sdk.arg(help="its sizes")


@dataclass
class Kernel:
    source: str = sdk.arg(help="file with the body of the kernel", path=True)
    header: str | None = sdk.arg(help="file with what stands before the kernel", path=True)
    language: str = sdk.arg("metal", help="mx.fast.metal_kernel, or mx.fast.cuda_kernel", oneof=("metal", "cuda"))
    name: str = sdk.arg("custom", help="name of the kernel")
    grid: list[int] = sdk.arg(help="threads, in one to three dimensions")
    threadgroup: list[int] = sdk.arg([256], help="threads of a threadgroup, likewise")
    template: dict[str, str] = sdk.arg({}, help='arguments of the template: a type ("float16"), "true", "false" or a whole number')
    atomic_outputs: bool = sdk.arg(False, help="outputs are atomic; Metal only")
    input: dict[str, Tensor] = sdk.arg(help="an input, about normal numbers from the seed", label="name")
    output: dict[str, Tensor] = sdk.arg(help="an output", label="name", min=1)
    reference: str | None = sdk.arg(help='"module:function" that is given the inputs and returns a list of what the outputs must be')
    modules: str | None = sdk.arg(help="folder in which the reference's module is looked for before the environment", path=True)
    tolerance: float = sdk.arg(0.001, help="largest error, relative to the largest element of an output", min=0)


@dataclass
class Model(Patched):
    path: str | None = sdk.arg(help="folder of a checkpoint that mlx-lm loads", path=True)
    config: str | None = sdk.arg(help="a config.json whose model is made with weights from the seed", path=True)
    bits: int = sdk.arg(4, help="of weights from the seed; 0: not quantized", oneof=(0, 2, 3, 4, 5, 6, 8))
    group_size: int = sdk.arg(64, help="of weights from the seed", oneof=(32, 64, 128))
    dtype: str = sdk.arg("bfloat16", help="of weights from the seed", oneof=("float32", "float16", "bfloat16"))
    context: int = sdk.arg(512, help="tokens in the cache before decode and prefill begin", min=1)
    tokens: int = sdk.arg(32, help="tokens that a sample decodes", min=2, max=4096)
    prompt_tokens: int = sdk.arg(512, help="tokens of one prefill iteration", min=1)
    fidelity_tokens: int = sdk.arg(32, help="greedy tokens that are held against the baseline's; 0: none", min=0, max=4096)
    logit_tolerance: float = sdk.arg(0.05, help="largest distance of the first logits from the baseline's, relative to their length", min=0)


@dataclass
class Config:
    op: Op | None = sdk.arg(help="one op of MLX")
    block: Block | None = sdk.arg(help="one module of mlx-lm")
    model: Model | None = sdk.arg(help="a whole model of mlx-lm")
    kernel: Kernel | None = sdk.arg(help="a kernel of your own, given to MLX as source")
    evaluate: str = sdk.arg("async", help="async: submit each iteration and go on, as users do; each: wait for each",
                            oneof=("async", "each"))
    cache_limit: int | None = sdk.arg(help="mx.set_cache_limit, in bytes", min=0)
    wired_limit: int | None = sdk.arg(help="mx.set_wired_limit, in bytes; needs Metal", min=0)

    @property
    def parts(self) -> list[str]:
        return [name for name in ("op", "block", "model", "kernel") if getattr(self, name) is not None]


def validate(c: Config) -> Sequence[sdk.Diagnostic]:
    if len(c.parts) != 1:
        said = f"There are {' and '.join(c.parts)}." if c.parts else "There is none."
        return [sdk.Diagnostic("one of op, block, model and kernel is needed", said, code="one_part")]
    found: list[sdk.Diagnostic] = []
    for name, part in (("op", c.op), ("block", c.block)):
        if part is not None:
            found += _experts(name, part)
    if c.op is not None:
        found += _op(c.op)
    if c.model is not None:
        found += _model(c.model)
    if c.kernel is not None:
        found += _kernel(c.kernel)
    patched = c.block or c.model
    if patched is not None and patched.patch is not None and not all(patched.patch.partition(":")):
        found.append(sdk.Diagnostic("patch names no function", f'{patched.patch!r} is not "module:function".', path=f"{c.parts[0]}.patch", code="bad_patch"))
    return found


def _experts(at: str, e: Experts) -> list[sdk.Diagnostic]:
    found, s = [], e.shape

    def fault(name: str, summary: str, detail: str) -> None:
        found.append(sdk.Diagnostic(summary, detail, path=f"{at}.{name}", code="bad_" + name))

    if e.experts and not s.top_k <= e.experts <= s.experts:
        fault("experts", "number of experts out of range", f"{e.shapes} sends each token to {s.top_k} of {s.experts} experts; use {s.top_k} to {s.experts}, or 0 for all.")
    if e.layers > s.layers:
        fault("layers", "number of layers out of range", f"{e.shapes} has {s.layers} layers; use 1 to {s.layers}.")
    return found


def _op(o: Op) -> list[sdk.Diagnostic]:
    found = []
    if o.name == "quantized_matmul":
        for name, given in (("form", o.form != "separate"), ("sort", o.sort), ("down", o.down)):
            if given:
                found.append(sdk.Diagnostic(f"{name} is of gather_qmm", f"Leave it out, or write name = \"gather_qmm\".", path=f"op.{name}", code="not_of_op"))
    elif o.rows is not None:
        found.append(sdk.Diagnostic("rows is of quantized_matmul", "Those of gather_qmm follow from shapes.", path="op.rows", code="not_of_op"))
    if o.form == "fused" and (o.shape.inter % 8 or o.shape.hidden % 512):
        found.append(sdk.Diagnostic("no fused kernel for this shape", "mx.gather_qmm_swiglu needs an FFN width divisible by 8 and a hidden size divisible by 512.", path="op.form", code="fused_shape"))
    return found


def _kernel(k: Kernel) -> list[sdk.Diagnostic]:
    found = []
    for name, sizes, most in (("grid", k.grid, 3), ("threadgroup", k.threadgroup, 3),
                              *((f'{part}["{label}"].shape', t.shape, 8) for part in ("input", "output") for label, t in getattr(k, part).items())):
        if not 1 <= len(sizes) <= most or min(sizes) < 1:
            found.append(sdk.Diagnostic("sizes are wrong", f"{sizes} is not 1 to {most} numbers above 0.", path=f"kernel.{name}", code="bad_sizes"))
    for name, value in k.template.items():
        if value not in ("true", "false", *_DTYPES) and not value.lstrip("-").isdigit():
            found.append(sdk.Diagnostic("argument of the template is none", f'{value!r} is no type, "true", "false" or whole number.', path=f'kernel.template["{name}"]', code="bad_template"))
    if k.atomic_outputs and k.language != "metal":
        found.append(sdk.Diagnostic("atomic_outputs is of metal", "mx.fast.cuda_kernel has no such argument.", path="kernel.atomic_outputs", code="not_of_language"))
    return found


def _model(m: Model) -> list[sdk.Diagnostic]:
    found = []
    if (m.path is None) == (m.config is None):
        found.append(sdk.Diagnostic("one of path and config is needed", "path names a checkpoint, config a config.json whose weights are made from the seed.", path="model", code="one_source"))
    return found
