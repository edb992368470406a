"""A whole model of mlx-lm: decode and prefill after so many tokens, and fidelity."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import assay_sdk as sdk
import numpy as np

from . import _counted as counted
from . import _lm, _patch
from ._config import Config, Model
from ._engine import METER, POOL, mx

_CHUNK = 2048  # tokens of a prompt that mlx-lm gives to a model at once
_GRAPH = 8  # tokens in a graph that is built before it is evaluated


def prepare(req: sdk.Request[Config]) -> sdk.Prepared:
    c = req.config.model
    assert c is not None
    lm = _lm.modules()
    source = c.path or (c.config, req.seed, c.bits, c.group_size, c.dtype)
    model, facts, changed = POOL.take(req, ("model", source, c.patch, c.modules), lambda: _made(req, lm, c))
    run = Run(req, lm, model, c)
    made = sdk.Prepared(phases={}, facts={**facts, "context": str(c.context)}, metrics={"patched_modules": changed})
    if c.fidelity_tokens:
        made.outputs = {"tokens": " ".join(map(str, run.decode(c.fidelity_tokens)))}
        made.numbers = {"logits": sdk.Numbers(counted.sketch(req.seed, run.logits()), c.logit_tolerance)}
    every = {
        "decode": sdk.Timed(own_times=run.time_decode, iterations=c.tokens, units=1, verify=run.repeated, spoil=run.spoil),
        "prefill": sdk.Timed(own_times=run.time_prefill, units=c.prompt_tokens),
    }
    made.phases = {name: every[name] for name in req.phases}
    made.begin_visit = run.begin
    return made


def _made(req: sdk.Request[Config], lm: Any, c: Model) -> tuple[Any, dict[str, str], int]:
    req.progress("weights", 0)
    if c.path is not None:
        try:
            model, _ = lm.utils.load_model(Path(c.path))
        except (FileNotFoundError, ValueError, KeyError) as e:
            raise sdk.Diagnostic("mlx-lm cannot load the model", f"{c.path}: {e}", path="model.path", code="bad_model") from e
        facts = {"model": Path(c.path).name, "weights": "checkpoint " + c.path, "checkpoint_sha256": _contents(Path(c.path)), **_revision(Path(c.path))}
    else:
        model, facts = _synthetic(req, lm, c), {"weights": "synthetic", "bits": str(c.bits), "group_size": str(c.group_size), "dtype": c.dtype}
        facts["model"] = Path(c.config or "").name
    model, more, changed = _patch.apply(model, c, "model")
    model.eval()
    return model, {**facts, **more}, changed


_BLOCK, _BLOCKS = 1 << 16, 64


def _contents(folder: Path) -> str:
    """Digest of a checkpoint: of the name, the size and the bytes of each file. Of one
    beyond 4 MiB blocks spread evenly are read, the first and the last among them, since
    each process of each round asks."""
    whole = hashlib.sha256()
    for file in sorted(f for f in folder.iterdir() if f.suffix in (".json", ".safetensors", ".model", ".txt", ".jinja")):
        size = file.stat().st_size
        whole.update(f"{file.name}\0{size}\0".encode())
        with file.open("rb") as f:
            if size <= _BLOCK * _BLOCKS:
                whole.update(f.read())
                continue
            for i in range(_BLOCKS):
                f.seek((size - _BLOCK) * i // (_BLOCKS - 1))
                whole.update(f.read(_BLOCK))
    return whole.hexdigest()


def _revision(path: Path) -> dict[str, str]:
    """The revision, where the folder is a snapshot in the cache of a model hub."""
    return {"revision": path.name} if path.parent.name == "snapshots" else {}


def _synthetic(req: sdk.Request[Config], lm: Any, c: Model) -> Any:
    """A model of a config.json, its weights drawn by MLX from the seed."""
    m = mx()
    try:
        config = json.loads(Path(c.config or "").read_text())
        model_class, arguments = lm.utils._get_classes(config)
        m.random.seed(req.seed_of("model"))
        model = model_class(arguments.from_dict(config))
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise sdk.Diagnostic("no model of mlx-lm can be made of it", f"{c.config}: {type(e).__name__}: {e}", path="model.config", code="bad_config") from e
    model.set_dtype(getattr(m, c.dtype))
    if c.bits:
        model, _ = lm.utils.quantize_model(model, config, c.group_size, c.bits)
    for layer in model.layers:  # all at once would need the memory of what is not yet quantized
        m.eval(layer.parameters())
        req.beat()
    m.eval(model.parameters())
    return model


class Run:
    """A model with a prompt in its cache, all of it but the last token."""

    def __init__(self, req: sdk.Request[Config], lm: Any, model: Any, c: Model) -> None:
        m = mx()
        self._lm, self._model, self._c, self._beat = lm, model, c, req.beat
        self._each = req.config.evaluate == "each"
        vocabulary = model(m.array([[0]])).shape[-1]
        draw = counted.Stream(req.seed, "prompt").take(c.context + c.prompt_tokens)
        ids = m.array((draw % np.uint64(vocabulary)).astype(np.int32))
        self._prompt, self._more = ids[: c.context], ids[c.context :]
        self._cache = lm.cache.make_prompt_cache(model)
        self._fill(self._prompt[:-1])
        self._kept = [None if _trims(e) else (_copied(e.state), e.meta_state) for e in self._cache]
        self._depth = c.context - 1
        self._device = {"decode": 0.0, "prefill": 0.0}
        self._tokens: list[int] | None = None
        self._first: list[int] | None = None

    def _fill(self, ids: Any) -> None:
        """As generate_step does with a prompt."""
        for at in range(0, ids.size, _CHUNK):
            self._model(ids[None, at : at + _CHUNK], cache=self._cache)
            mx().eval([e.state for e in self._cache])
            self._beat()

    def _rewind(self) -> None:
        """Puts the cache back to the end of the prompt."""
        for entry, kept in zip(self._cache, self._kept):
            if kept is None:
                entry.trim(entry.offset - self._depth)
                continue
            entry.state = _copied(kept[0])
            if kept[1]:
                entry.meta_state = kept[1]

    def logits(self) -> Any:
        """Those of the first token after the prompt."""
        m = mx()
        out = self._model(self._prompt[None, -1:], cache=self._cache)[0, -1].astype(m.float32)
        m.eval(out)
        self._rewind()
        return np.array(out)

    def decode(self, n: int, model: Any = None) -> list[int]:
        steps = self._lm.generate.generate_step(self._prompt[-1:], model or self._model, max_tokens=n, prompt_cache=self._cache)
        tokens = []
        for token, _ in steps:
            tokens.append(int(token))
            self._beat()
        mx().eval([e.state for e in self._cache])  # generate_step is one token ahead
        self._rewind()
        return tokens

    def _one_by_one(self, n: int, model: Any) -> list[int]:
        m, last, tokens = mx(), self._prompt[-1:], []
        for _ in range(n):
            last = m.argmax(model(last[None], cache=self._cache)[:, -1], axis=-1)
            m.eval(last)
            tokens.append(int(last.item()))
            self._beat()
        self._rewind()
        return tokens

    def begin(self, phase: str) -> None:
        """Finds the device's part: the faster of two spans in which MLX evaluates a
        graph that was built before."""
        build, units = (self._steps, _GRAPH) if phase == "decode" else (self._one_prompt, 1)
        self._device[phase] = min(self._span(build), self._span(build)) / units
        METER.begin()

    def _span(self, build: Callable[[], Any]) -> int:
        graph = build()
        mx().synchronize()
        begin = time.perf_counter_ns()
        mx().eval(graph)
        span = time.perf_counter_ns() - begin
        self._rewind()
        self._beat()
        return span

    def _steps(self) -> Any:
        m, last = mx(), self._prompt[-1:]
        for _ in range(_GRAPH):
            last = m.argmax(self._model(last[None], cache=self._cache)[:, -1], axis=-1)
        return last

    def _one_prompt(self) -> Any:
        self._model(self._more[None, :_CHUNK], cache=self._cache)
        return [e.state for e in self._cache]

    def spoil(self) -> None:
        self._tokens = None

    def time_decode(self, n: int) -> sdk.Times:
        building = Building(self._model)
        decode = self._one_by_one if self._each else self.decode
        begin = time.perf_counter_ns()
        self._tokens = decode(n, building)
        return self._said("decode", n, time.perf_counter_ns() - begin, building.ns)

    def time_prefill(self, n: int) -> sdk.Times:
        m, encode = mx(), 0
        begin = time.perf_counter_ns()
        for _ in range(n):
            for at in range(0, self._more.size, _CHUNK):
                start = time.perf_counter_ns()
                self._model(self._more[None, at : at + _CHUNK], cache=self._cache)
                states = [e.state for e in self._cache]
                m.async_eval(states)
                encode += time.perf_counter_ns() - start
                m.eval(states)
            self._rewind()
            self._beat()
        return self._said("prefill", n, time.perf_counter_ns() - begin, encode)

    def _said(self, phase: str, n: int, wall: int, encode: int) -> sdk.Times:
        METER.note()
        chunks = -(-self._more.size // _CHUNK) if phase == "prefill" else 1
        return sdk.Times(wall, device=min(round(n * chunks * self._device[phase]), wall), encode=min(encode, wall))

    def repeated(self, _: int) -> list[sdk.Check]:
        """Greedy decode of one prompt gives the same tokens each time."""
        if self._tokens is None:
            return [sdk.Check("repeated", 1, 0, False, "no tokens were decoded")]
        self._first = self._first or self._tokens
        wrong = sum(a != b for a, b in zip(self._tokens, self._first))
        return [sdk.below("repeated", wrong, 0, f"{len(self._tokens) - wrong}/{len(self._tokens)} as the first time")]


class Building:
    """A model that takes the time in which its graphs are built."""

    def __init__(self, model: Any) -> None:
        self._model, self.ns = model, 0

    def __call__(self, *args: Any, **named: Any) -> Any:
        begin = time.perf_counter_ns()
        out = self._model(*args, **named)
        self.ns += time.perf_counter_ns() - begin
        return out

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)


def _trims(entry: Any) -> bool:
    return bool(entry.is_trimmable()) and hasattr(entry, "offset")


def _copied(state: Any) -> Any:
    """A state that writing into the cache leaves as it is."""
    if isinstance(state, (list, tuple)):
        return type(state)(map(_copied, state))
    return mx().array(state) if isinstance(state, mx().array) else state
