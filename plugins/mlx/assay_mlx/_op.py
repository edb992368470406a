"""One op: its weights and inputs, the call, and what it is held against."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import assay_sdk as sdk
import numpy as np

from . import _counted as counted
from ._config import Experts, Op
from ._engine import POOL, backend, mx

_CHECKED_ROWS, _CHECKED_COLUMNS = 3, 12


# The call of a step, what its output is held against, how many steps take turns, and
# the bytes of one.
Made = tuple[Callable[[int], Any], Callable[[Any, int], list[sdk.Check]], int, int]


def unpacked(words: Any, bits: int) -> Any:
    """The codes of rows of uint32: eight of them lie in as many bytes as a code has bits."""
    eight = words.astype("<u4", copy=False).view(np.uint8).reshape(-1, bits)
    together = np.zeros(len(eight), np.uint64)
    for byte in range(bits):
        together |= eight[:, byte].astype(np.uint64) << np.uint64(8 * byte)
    codes = np.empty((len(eight), 8), np.uint8)
    for code in range(8):
        codes[:, code] = together >> np.uint64(bits * code) & np.uint64((1 << bits) - 1)
    return codes.reshape(len(words), -1)


class Matrix:
    """A stack of quantized matrices [experts, n, k], synthetic ones from a key."""

    def __init__(self, e: Experts, experts: int, n: int, k: int, key: int, scale: float = 1.0) -> None:
        m, groups = mx(), experts * n * k // e.group_size
        self.bits, self.group, self.n, self.k = e.bits, e.group_size, n, k
        dtype = getattr(m, e.dtype)
        words = experts * n * k * e.bits // 32
        made = m.array(counted.codes(key, words)) if backend() == "cpu" else counted.codes_by(m, key, words)
        self.codes = made.reshape(experts, n, -1)
        rounded = m.array(counted.scales(key, groups, e.bits, k, scale)).astype(dtype).reshape(experts, n, -1)
        self.scales = rounded
        self.biases = (rounded.astype(m.float32) * -float(1 << (e.bits - 1))).astype(dtype)
        m.eval(self.codes, self.scales, self.biases)

    @classmethod
    def beside(cls, a: Matrix, b: Matrix) -> Matrix:
        """The rows of both, one matrix after the other."""
        m, out = mx(), cls.__new__(cls)
        out.bits, out.group, out.n, out.k = a.bits, a.group, a.n + b.n, a.k
        out.codes, out.scales, out.biases = (m.concatenate(p, axis=1) for p in zip(a.planes, b.planes))
        m.eval(out.codes, out.scales, out.biases)
        return out

    @property
    def planes(self) -> tuple[Any, Any, Any]:
        return self.codes, self.scales, self.biases

    def rows(self, expert: int, columns: list[int]) -> Any:
        """Rows of one matrix in float64: [len(columns), k]."""
        m = mx()
        at = m.array(columns)
        packed, scales, biases = (np.array(p[expert][at].astype(t)) for p, t in zip(self.planes, (m.uint32, m.float32, m.float32)))
        values = unpacked(packed, self.bits).astype(np.float64).reshape(len(columns), -1, self.group)
        values *= scales[..., None]
        values += biases[..., None]
        return values.reshape(len(columns), self.k)

    def row_bytes(self) -> int:
        """Of one row of one matrix, with its scales and biases."""
        return self.k * self.bits // 8 + 2 * (self.k // self.group) * int(self.scales.itemsize)


class Layer:
    def __init__(self, req: sdk.Request[Any], e: Experts, number: int, down: bool) -> None:
        self._req, self._e, self._number = req, e, number
        s = e.shape
        self.gate = self._take(counted.GATE, s.inter, s.hidden)
        self.up = self._take(counted.UP, s.inter, s.hidden)
        self.down = self._take(counted.DOWN, s.hidden, s.inter, counted.DOWN_SCALE) if down else None

    def _take(self, matrix: int, n: int, k: int, scale: float = 1.0) -> Matrix:
        e, key = self._e, counted.weights_key(self._req.seed, self._number, matrix)
        found: Matrix = POOL.take(
            self._req, ("matrix", key, e.made, n, k, e.bits, e.group_size, e.dtype), lambda: Matrix(e, e.made, n, k, key, scale))
        self._req.beat()
        return found

    def both(self) -> Matrix:
        """Gate and up, one after the other."""
        e, key = self._e, counted.weights_key(self._req.seed, self._number, counted.GATE)
        found: Matrix = POOL.take(
            self._req, ("both", key, e.made, self.gate.n, self.gate.k, e.bits, e.group_size, e.dtype), lambda: Matrix.beside(self.gate, self.up))
        return found


class Inputs:
    """Of one phase: a rotation of steps, each with activations, router logits and experts."""

    def __init__(self, req: sdk.Request[Any], e: Experts, phase: str, tokens: int) -> None:
        m, s = mx(), e.shape
        self.tokens, self.layers = tokens, e.layers if req.cold else 1
        passes = counted.passes(e.made, s.top_k, self.layers, tokens) if req.cold else 1
        experts = counted.Stream(req.seed, phase + " experts")
        chosen = [counted.selections(experts.perm, e.made, s.top_k, tokens, passes) for _ in range(self.layers)]
        self.routes = [chosen[layer][p] for p in range(passes) for layer in range(self.layers)]
        x = counted.Stream(req.seed, phase + " x").normals(len(self.routes) * tokens * s.hidden)
        every = m.array(x.reshape(len(self.routes), tokens, s.hidden)).astype(getattr(m, e.dtype))
        self.x = [every[i] for i in range(len(self.routes))]
        self.experts = [m.array(np.array(r, np.uint32)) for r in self.routes]
        m.eval(self.x, self.experts)

    @classmethod
    def of(cls, req: sdk.Request[Any], e: Experts, phase: str, tokens: int) -> Inputs:
        """Those of a phase, which arms of a process have in common."""
        key = ("inputs", phase, tokens, req.seed, req.cold, e.shapes, e.made, e.layers, e.dtype)
        found: Inputs = POOL.take(req, key, lambda: cls(req, e, phase, tokens))
        return found

    def layer(self, step: int) -> int:
        return step % self.layers

    def weight_bytes(self, of_expert: int) -> int:
        """That a rotation goes through."""
        touched = {(self.layer(i), x) for i, r in enumerate(self.routes) for row in r for x in row}
        return len(touched) * of_expert

    def bytes(self, of_expert: int, row: int) -> int:
        """That one iteration must move: experts that are touched, and rows beside them."""
        distinct = sum(len({x for row in r for x in row}) for r in self.routes) / len(self.routes)
        return round(distinct * of_expert) + row


def silu_mul(compiled: bool) -> Callable[[Any, Any], Any]:
    m = mx()

    def swiglu(gate: Any, x: Any) -> Any:
        return gate * m.sigmoid(gate) * x

    if not compiled:
        return swiglu
    whole: Callable[[Any, Any], Any] = m.compile(swiglu, shapeless=True)
    return whole


def gather_qmm(op: Op, layers: list[Layer], inputs: Inputs) -> Callable[[int], Any]:
    """The call of each step: h of the experts of each token, [tokens, top_k, 1, inter],
    or with down [tokens, top_k, 1, hidden]."""
    m, activation = mx(), silu_mul(op.compile == "activation")
    how = dict(transpose=True, group_size=op.group_size, bits=op.bits, sorted_indices=op.sort)

    def separate(x: Any, idx: Any, layer: Layer) -> Any:
        gate = m.gather_qmm(x, *layer.gate.planes, rhs_indices=idx, **how)
        return activation(gate, m.gather_qmm(x, *layer.up.planes, rhs_indices=idx, **how))

    def concatenated(x: Any, idx: Any, layer: Layer) -> Any:
        gate, up = m.split(m.gather_qmm(x, *both[id(layer)], rhs_indices=idx, **how), 2, axis=-1)
        return activation(gate, up)

    def fused(x: Any, idx: Any, layer: Layer) -> Any:
        return m.gather_qmm_swiglu(x, *layer.gate.planes, *layer.up.planes, rhs_indices=idx, transpose=True, group_size=op.group_size, bits=op.bits)

    if op.form == "fused" and not hasattr(m, "gather_qmm_swiglu"):
        raise sdk.Diagnostic("this MLX has no gather_qmm_swiglu", f"{m.__version__} is a build without it: use form = \"concatenated\", or a build with the patch.",
                             path="op.form", code="no_fused_op")
    both = {id(layer): layer.both().planes for layer in layers} if op.form == "concatenated" else {}
    gate_up = {"separate": separate, "concatenated": concatenated, "fused": fused}[op.form]

    def forward(x: Any, idx: Any, layer: Layer) -> Any:
        x = m.expand_dims(x, (-2, -3))
        inverse = None
        if op.sort:
            flat = idx.flatten()
            order = m.argsort(flat)
            x, idx, inverse = x.flatten(0, -3)[order // idx.shape[-1]], flat[order], m.argsort(order)
        y = gate_up(x, idx, layer)
        if layer.down is not None:
            y = m.gather_qmm(y, *layer.down.planes, rhs_indices=idx, **how)
        return y if inverse is None else m.unflatten(y[inverse], 0, (inputs.tokens, -1))

    if op.compile != "all":
        return lambda i: forward(inputs.x[i], inputs.experts[i], layers[inputs.layer(i)])
    compiled = [m.compile(lambda x, idx, layer=layer: forward(x, idx, layer)) for layer in layers]
    return lambda i: compiled[inputs.layer(i)](inputs.x[i], inputs.experts[i])


def tolerance(dtype: str) -> float:
    """As the plugin gather-qmm has it; on a processor MLX adds up in the type of the
    activations, where GPUs add in float32."""
    limit = {"float32": 1e-4, "float16": 2e-3, "bfloat16": 2e-2}[dtype]
    return limit if dtype == "float32" or backend() != "cpu" else 5 * limit


def error(got: Any, want: Any) -> float:
    """The largest difference, relative to the largest value wanted."""
    largest = float(np.abs(want).max())
    return float(np.abs(got - want).max()) / largest if largest > 0 else float(np.abs(got).max())


def in_float64(seed: int, e: Experts, inputs: Inputs, layers: list[Layer], step: int, got: Any) -> sdk.Check:
    """Some columns of some pairs of what one step gave, computed again from the codes.
    With down, h is computed in float64 too."""
    layer, route, lot = layers[inputs.layer(step)], inputs.routes[step], counted.Stream(seed, f"checked {step}")
    top_k, last = len(route[0]), layer.down or layer.gate
    values = np.array(got.astype(mx().float32)).reshape(inputs.tokens * top_k, last.n).astype(np.float64)
    have, want = [], []
    for pair in lot.perm(len(values))[:_CHECKED_ROWS]:
        columns = sorted(lot.perm(last.n)[:_CHECKED_COLUMNS])
        x, expert = np.array(inputs.x[step][pair // top_k].astype(mx().float32)).astype(np.float64), route[pair // top_k][pair % top_k]
        inner = list(range(layer.gate.n)) if layer.down is not None else columns
        gate, up = layer.gate.rows(expert, inner) @ x, layer.up.rows(expert, inner) @ x
        h = gate / (1 + np.exp(-gate)) * up
        want.append(layer.down.rows(expert, columns) @ h if layer.down is not None else h)
        have.append(values[pair][columns])
    return sdk.below("down" if layer.down is not None else "gate_up", error(np.array(have), np.array(want)), tolerance(e.dtype),
                     f"{len(want) * _CHECKED_COLUMNS} outputs of [{len(values)},{last.n}]")


def facts(e: Experts) -> dict[str, str]:
    return {
        "model": e.shapes, "bits": str(e.bits), "group_size": str(e.group_size), "dtype": e.dtype, "layers": f"{e.layers} of {e.shape.layers}",
        "experts": f"{e.made} of {e.shape.experts}", "weights": "synthetic",
    }


def quantized_matmul(req: sdk.Request[Any], op: Op, tokens: int) -> Made:
    m, n, k = mx(), op.rows or op.shape.hidden, op.shape.hidden
    one = Matrix(op, 1, n, k, counted.weights_key(req.seed, 0, counted.GATE))
    copies = req.copies(n * one.row_bytes())
    stack = [one] + [Matrix(op, 1, n, k, counted.weights_key(req.seed, i, counted.GATE)) for i in range(1, copies)]
    planes = [[p[0] for p in w.planes] for w in stack]
    every = counted.Stream(req.seed, "matmul x").normals(copies * tokens * k).reshape(copies, tokens, k)
    x = [m.array(v).astype(getattr(m, op.dtype)) for v in every]
    m.eval(x, planes)

    def call(i: int) -> Any:
        return forward(x[i], *planes[i])

    def forward(x: Any, codes: Any, scales: Any, biases: Any) -> Any:
        return m.quantized_matmul(x, codes, scales, biases, transpose=True, group_size=op.group_size, bits=op.bits)

    if op.compile == "all":
        forward = m.compile(forward)

    def check(got: Any, i: int) -> list[sdk.Check]:
        lot = counted.Stream(req.seed, f"checked {i}")
        columns, row = sorted(lot.perm(n)[:_CHECKED_COLUMNS]), lot.perm(tokens)[0]
        want = stack[i].rows(0, columns) @ np.array(x[i][row].astype(m.float32)).astype(np.float64)
        have = np.array(got[row].astype(m.float32)).astype(np.float64)[columns]
        return [sdk.below("product", error(have, want), tolerance(op.dtype), f"{len(columns)} outputs of [{tokens},{n}]")]

    return call, check, copies, n * one.row_bytes() + tokens * (n + k) * int(x[0].itemsize)
