"""mlx-lm, where it is installed, and its modules with weights from the seed."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from types import SimpleNamespace
from typing import Any

import assay_sdk as sdk
import numpy as np

from . import _counted as counted
from ._config import Block
from ._engine import missing, mx
from ._op import Inputs, Layer, Matrix, error, in_float64, tolerance


_USED = ("generate", "utils", "models.cache", "models.qwen3_moe", "models.switch_layers")


@contextmanager
def without_torch() -> Iterator[None]:
    """mlx-lm imports transformers for its tokenizers, and transformers imports PyTorch
    wherever it is installed, for seconds in every process. Nothing here uses it."""
    if "torch" in sys.modules:
        yield
        return
    sys.modules["torch"] = None  # type: ignore[assignment] # is how a package is said to be absent
    try:
        yield
    finally:
        del sys.modules["torch"]


@cache
def modules() -> SimpleNamespace:
    """What is used of the package, by the last part of its name: the package itself has
    a function called as one of its modules is."""
    try:
        with without_torch():
            found = {name.rpartition(".")[2]: importlib.import_module(f"mlx_lm.{name}") for name in _USED}
    except ImportError as e:
        mx()  # where that is missing, it is what is to be said
        raise missing("mlx-lm", e) from e
    return SimpleNamespace(**found)


def _linear(layers: Any, w: Matrix) -> Any:
    """A QuantizedSwitchLinear with given weights, none of its own being made."""
    made = layers.QuantizedSwitchLinear(w.group, 1, 1, bias=False, group_size=w.group, bits=w.bits)
    made.weight, made.scales, made.biases = w.planes
    return made


def switch_glu(block: Block, layer: Layer) -> Any:
    """SwitchGLU of mlx-lm with the experts of a layer."""
    layers = modules().switch_layers
    made = layers.SwitchGLU(block.group_size, 1, 1)
    assert layer.down is not None
    made.gate_proj, made.up_proj, made.down_proj = (_linear(layers, w) for w in (layer.gate, layer.up, layer.down))
    made.eval()
    return made


def moe(block: Block, layer: Layer, seed: int, number: int) -> Any:
    """Qwen3MoeSparseMoeBlock of mlx-lm: a router from the seed, and the experts."""
    m, s = mx(), block.shape
    qwen3 = modules().qwen3_moe
    made = qwen3.Qwen3MoeSparseMoeBlock(_arguments(qwen3, block))
    router = counted.Stream(seed, f"router {number}").normals(block.made * s.hidden).reshape(block.made, s.hidden) / np.float32(np.sqrt(s.hidden))
    made.gate.weight = m.array(router).astype(getattr(m, block.dtype))
    made.switch_mlp = switch_glu(block, layer)
    made.eval()
    m.eval(made.gate.weight)
    return made


def _arguments(qwen3: Any, block: Block) -> Any:
    """Of a block whose experts are replaced, so that theirs are made as small as can be."""
    s = block.shape
    return qwen3.ModelArgs.from_dict(dict(
        model_type="qwen3_moe", hidden_size=s.hidden, num_hidden_layers=1, intermediate_size=1, num_attention_heads=1, num_experts=block.made,
        num_experts_per_tok=s.top_k, decoder_sparse_step=1, mlp_only_layers=[], moe_intermediate_size=1, rms_norm_eps=1e-6, vocab_size=1,
        num_key_value_heads=1, head_dim=1, rope_theta=1e6, tie_word_embeddings=True, max_position_embeddings=1, norm_topk_prob=True))


def forward(block: Block, layers: list[Any], inputs: Inputs) -> Callable[[int], Any]:
    """The call of each step: [tokens, top_k, hidden] of the experts alone, and
    [tokens, hidden] of the whole block."""
    calls = [mx().compile(layer) if block.compile else layer for layer in layers]
    if block.name == "switch_glu":
        return lambda i: calls[inputs.layer(i)](inputs.x[i], inputs.experts[i])
    return lambda i: calls[inputs.layer(i)](inputs.x[i])


def check(req: sdk.Request[Any], block: Block, made: list[Any], weights: list[Layer], inputs: Inputs) -> Callable[[Any, int], list[sdk.Check]]:
    """In float64 of the experts; of the whole block, in float64 by the experts and
    scores that its own router chose."""
    if block.name == "switch_glu":
        return lambda got, step: [in_float64(req.seed, block, inputs, weights, step, got)]

    def whole(got: Any, step: int) -> list[sdk.Check]:
        m, number = mx(), inputs.layer(step)
        x, layer = inputs.x[step], weights[number]
        lot = counted.Stream(req.seed, f"checked {step}")
        token, columns = lot.perm(inputs.tokens)[0], sorted(lot.perm(block.shape.hidden)[:12])
        logits = np.array(made[number].gate(x[token : token + 1]).astype(m.float32)).astype(np.float64)[0]
        gates = np.exp(logits - logits.max())
        chosen = np.argsort(-gates, kind="stable")[: block.shape.top_k]
        row, want = np.array(x[token].astype(m.float32)).astype(np.float64), np.zeros(len(columns))
        inner = list(range(layer.gate.n))
        assert layer.down is not None
        for expert in chosen.tolist():
            gate, up = layer.gate.rows(expert, inner) @ row, layer.up.rows(expert, inner) @ row
            want += gates[expert] / gates[chosen].sum() * (layer.down.rows(expert, columns) @ (gate / (1 + np.exp(-gate)) * up))
        have = np.array(got[token].astype(m.float32)).astype(np.float64)[columns]
        return [sdk.below("block", error(have, want), tolerance(block.dtype), f"{len(columns)} outputs of [{inputs.tokens},{block.shape.hidden}]")]

    return whole
