"""The type of an argument, and paths into a configuration."""

from __future__ import annotations

import json
import re
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import _proto as pb
from .errors import Diagnostic

_KINDS = {str: "string", bool: "bool", int: "number", float: "number"}


@dataclass
class Value:
    kind: str  # string, bool, number, list, map
    integer: bool = False
    elem: Value | None = None

    def hcl(self) -> str:
        return f"{self.kind}({self.elem.hcl()})" if self.elem else self.kind

    def take(self, x: Any, at: str) -> tuple[Any, list[Diagnostic]]:
        """The Python value of decoded JSON, or what is wrong with it."""
        if self.elem is not None:
            return self._take_all(self.elem, x, at)
        if self.kind == "number" and isinstance(x, (int, float)) and not isinstance(x, bool):
            return self._number(x, at)
        if (self.kind, type(x)) in (("string", str), ("bool", bool)):
            return x, []
        return None, [fault(at, "config_type", f"a {self.hcl()} is needed", f"Got {kind_of(x)}.")]

    def _take_all(self, elem: Value, x: Any, at: str) -> tuple[Any, list[Diagnostic]]:
        if not isinstance(x, list if self.kind == "list" else dict):
            return None, [fault(at, "config_type", f"a {self.hcl()} is needed", f"Got {kind_of(x)}.")]
        return each(x, elem.take, at)

    def _number(self, x: int | float, at: str) -> tuple[Any, list[Diagnostic]]:
        if not self.integer:
            try:
                return float(x), []
            except OverflowError:
                return None, [fault(at, "config_number", "the number is too large", f"Got {x}.")]
        if isinstance(x, float) and (not x.is_integer() or abs(x) >= 2**53):
            summary = "a whole number is needed" if abs(x) < 2**53 else "the number is too large"
            return None, [fault(at, "config_number", summary, f"Got {x}.")]
        return int(x), []  # other spellings of whole numbers too, such as 1e3 and 4.0

    def give(self, x: Any) -> Any:
        """What is written as JSON: whole numbers without a fraction, as the host writes them."""
        if x is None:
            return None
        if self.elem is not None:
            if self.kind == "map":
                return {k: self.elem.give(v) for k, v in x.items()}
            return [self.elem.give(v) for v in x]
        if self.kind == "number" and float(x).is_integer():
            return int(x)
        return x


def read_type(hint: Any) -> Value:
    if hint in _KINDS:
        return Value(_KINDS[hint], integer=hint is int)
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is list and len(args) == 1:
        return Value("list", elem=read_type(args[0]))
    if origin is dict and len(args) == 2 and args[0] is str:
        return Value("map", elem=read_type(args[1]))
    raise TypeError(f"type {getattr(hint, '__name__', hint)} cannot be configured")


def kind_of(x: Any) -> str:
    names = {type(None): "null", str: "a string", bool: "a bool", int: "a number", float: "a number", list: "a list"}
    return names.get(type(x), "an object")


def each(
    x: list[Any] | dict[str, Any], take: Callable[[Any, str], tuple[Any, list[Diagnostic]]], at: str,
) -> tuple[Any, list[Diagnostic]]:
    """What take makes of every item, and what is wrong with any."""
    found: list[Diagnostic] = []
    items: list[Any] = []
    for step, item in x.items() if isinstance(x, dict) else enumerate(x):
        value, wrong = take(item, f"{at}[{json.dumps(step)}]")
        items.append(value)
        found += wrong
    return (dict(zip(x, items)) if isinstance(x, dict) else items), found


def fault(at: str, code: str, summary: str, detail: str) -> Diagnostic:
    return Diagnostic(summary, detail, path=at, code=code)


_STEP = re.compile(r'\.?([^.\[\]"]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]')


def parse_path(text: str) -> list[Any]:
    """Reads 'layers[2].bits' and 'scale["up"]'."""
    steps: list[Any] = []
    at = 0
    while at < len(text):
        m = _STEP.match(text, at)
        dotted = m is not None and m.group(1) is not None and (m.group(0)[0] == ".") == bool(steps)
        if m is None or not (dotted or (steps and m.group(1) is None)):
            raise ValueError(f'path {text!r}: {text[at:]!r} is neither .NAME, [INDEX] nor ["KEY"]')
        if m.group(1) is not None:
            steps.append(pb.PathStep(name=m.group(1)))
        elif m.group(2) is not None:
            steps.append(pb.PathStep(index=int(m.group(2))))
        else:
            steps.append(pb.PathStep(key=json.loads(m.group(3))))
        at = m.end()
    return steps


def path_text(steps: Any) -> str:
    """The inverse of parse_path."""
    text = ""
    for s in steps:
        if s.WhichOneof("step") == "name":
            text += ("." if text else "") + s.name
        else:
            text += f"[{s.index if s.WhichOneof('step') == 'index' else json.dumps(s.key)}]"
    return text


def proto_diagnostic(d: Diagnostic) -> Any:
    return pb.Diagnostic(
        severity="SEVERITY_WARNING" if d.warning else "SEVERITY_ERROR",
        summary=d.summary, detail=d.detail, code=d.code, path=parse_path(d.path),
    )
