"""Patches of mlx-lm models, for the experiments of this folder: each changes the
experts of every layer that has some."""

import mlx.core as mx
import mlx.nn as nn
from mlx_lm.models.switch_layers import QuantizedSwitchLinear


class Concatenated(nn.Module):
    """SwitchGLU with gate and up in one call."""

    def __init__(self, experts):
        super().__init__()
        gate, up = experts.gate_proj, experts.up_proj
        both = QuantizedSwitchLinear(gate.group_size, 1, 1, bias=False, group_size=gate.group_size, bits=gate.bits)
        for name in ("weight", "scales", "biases"):
            both[name] = mx.concatenate([gate[name], up[name]], axis=1)
        self.both, self.down_proj, self.activation = both, experts.down_proj, experts.activation

    def __call__(self, x, indices):
        shape, sort = indices.shape, indices.size >= 64
        x, back = mx.expand_dims(x, (-2, -3)), None
        if sort:
            flat = indices.flatten()
            order = mx.argsort(flat)
            x, indices, back = x.flatten(0, -3)[order // shape[-1]], flat[order], mx.argsort(order)
        gate, up = mx.split(self.both(x, indices, sorted_indices=sort), 2, axis=-1)
        x = self.down_proj(self.activation(up, gate), indices, sorted_indices=sort)
        return (mx.unflatten(x[back], 0, shape) if sort else x).squeeze(-2)


class Compiled(nn.Module):
    """Experts that mx.compile was given."""

    def __init__(self, experts):
        super().__init__()
        self.experts = experts
        self._call = mx.compile(lambda x, indices: experts(x, indices))

    def __call__(self, x, indices):
        return self._call(x, indices)


def replace(model, make):
    for layer in model.layers:
        block = getattr(layer, "mlp", None)
        if hasattr(block, "switch_mlp"):
            block.switch_mlp = make(block.switch_mlp)


def concatenated(model):
    replace(model, Concatenated)
    mx.eval(model.parameters())


def compiled(model):
    replace(model, Compiled)


def both(model):
    concatenated(model)
    compiled(model)
