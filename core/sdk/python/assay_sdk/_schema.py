"""The configuration dataclass, read once: its schema, from JSON and to JSON.

Whether the schema is sound, and whether a configuration fits it, is for the host to
say. What does not fit the dataclass is a fault all the same, so that no other host,
and no one by hand, makes a plugin of what it cannot be.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import _proto as pb
from ._value import Value, each, fault, kind_of, read_type
from .errors import Diagnostic

_NAME = re.compile(r"^[a-z][a-z0-9_]*$")
_PLAIN: dict[str, Any] = {
    "default": None, "help": "", "min": None, "max": None, "oneof": (), "path": False, "label": "", "deprecated": "", "name": "",
}


@dataclass
class Field:
    """One argument (value set) or nested block (block set)."""

    attribute: str
    name: str
    about: dict[str, Any]  # what arg() was given
    required: bool = False
    value: Value | None = None
    block: Object | None = None
    many: str = ""  # of a block: "list" or "map"
    optional: bool = False  # of a block: may be absent


class Object:
    """A dataclass, as the block of a configuration."""

    def __init__(self, cls: type, outer: tuple[type, ...] = ()) -> None:
        if not (isinstance(cls, type) and dataclasses.is_dataclass(cls)):
            raise TypeError(f"configuration {getattr(cls, '__name__', cls)} is not a dataclass; write @dataclass above it")
        if cls in outer:
            raise TypeError(f"configuration {cls.__name__} contains itself")
        self.cls = cls
        try:
            hints = typing.get_type_hints(cls)
        except Exception as e:
            raise TypeError(f"configuration {cls.__name__}: a type cannot be read: {e}") from e
        self.fields: list[Field] = []
        for f in dataclasses.fields(cls):
            if not f.init:
                continue
            try:
                self.fields.append(_read(f, hints[f.name], (*outer, cls)))
            except (TypeError, ValueError) as e:
                raise TypeError(f"field {f.name} of {cls.__name__}: {e}") from e
        names = [f.name for f in self.fields]
        for name in names:
            if names.count(name) > 1:
                raise TypeError(f"configuration {cls.__name__} has two fields named {name!r}")

    def proto(self) -> Any:
        block = pb.Block()
        for f in self.fields:
            if f.block is not None:
                block.blocks.append(_nested(f, f.block))
                continue
            assert f.value is not None
            about = f.about
            a = block.attributes.add(
                name=f.name, type=f.value.hcl(), description=about["help"], required=f.required, deprecated=about["deprecated"],
                integer=f.value.integer, path=about["path"], one_of_json=[json.dumps(v) for v in about["oneof"]],
                min=about["min"], max=about["max"],
            )
            if about["default"] is not None:
                a.default_json = json.dumps(about["default"])
        return block

    def needs_input(self) -> bool:
        """An empty block is not enough."""
        return any(
            f.required or (f.block is not None and not f.many and not f.optional and f.block.needs_input()) for f in self.fields
        )

    def decode(self, data: bytes) -> tuple[Any, list[Diagnostic]]:
        """The dataclass of a configuration in JSON, or what is wrong with it."""
        try:
            given = json.loads(data, parse_constant=_no_constant)
        except (ValueError, RecursionError) as e:
            return None, [fault("", "config_json", "configuration is not JSON", str(e))]
        return self.fill(given, "")

    def fill(self, given: Any, at: str) -> tuple[Any, list[Diagnostic]]:
        if not isinstance(given, dict):
            return None, [fault(at, "config_type", "an object is needed", f"Got {kind_of(given)}.")]
        found: list[Diagnostic] = []
        values: dict[str, Any] = {}
        for f in self.fields:
            here = f"{at}.{f.name}" if at else f.name
            x = given.get(f.name)
            if f.block is not None:
                values[f.attribute], wrong = _fill_block(f, f.block, x, here)
            elif x is not None:
                assert f.value is not None
                values[f.attribute], wrong = f.value.take(x, here)
            else:
                values[f.attribute], wrong = None, []
                if f.required or f.about["default"] is not None:
                    wrong = [fault(here, "config_value", f.name + " has no value", "The host names every argument and fills defaults in.")]
            found += wrong
        return (None if found else self.cls(**values)), found

    def canonical(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What a host makes of arguments: every one is named, defaults are filled in."""
        out: dict[str, Any] = {}
        for f in self.fields:
            x = given.get(f.name)
            if f.block is None:
                out[f.name] = f.about["default"] if x is None else x
            elif f.many == "list":
                out[f.name] = [f.block.canonical(b) for b in x or []]
            elif f.many == "map":
                out[f.name] = {label: f.block.canonical(b) for label, b in (x or {}).items()}
            else:
                out[f.name] = None if x is None and (f.optional or f.block.needs_input()) else f.block.canonical(x or {})
        unknown = set(given) - {f.name for f in self.fields}
        if unknown:
            raise ValueError(f"configuration {self.cls.__name__} has no argument {', '.join(sorted(unknown))}")
        return out

    def encode(self, config: Any) -> dict[str, Any]:
        """The configuration as a host writes it: every argument is named."""
        out: dict[str, Any] = {}
        for f in self.fields:
            x = getattr(config, f.attribute)
            if f.block is None:
                assert f.value is not None
                out[f.name] = f.value.give(x)
            elif f.many == "list":
                out[f.name] = [f.block.encode(b) for b in x or []]
            elif f.many == "map":
                out[f.name] = {label: f.block.encode(b) for label, b in (x or {}).items()}
            else:
                out[f.name] = None if x is None else f.block.encode(x)
        return out


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is not a number in JSON")


def _read(f: dataclasses.Field[Any], hint: Any, outer: tuple[type, ...]) -> Field:
    about = f.metadata.get("assay")
    if about is None:
        default = f.default_factory() if f.default_factory is not dataclasses.MISSING else f.default
        about = {**_PLAIN, "default": None if default is dataclasses.MISSING else default}
    out = Field(attribute=f.name, name=about["name"] or f.name, about=about)
    if not _NAME.match(out.name):
        raise ValueError(f"name {out.name!r} must be lower case letters, digits and underscores")
    for bound in ("min", "max"):
        if about[bound] is not None and not math.isfinite(about[bound]):
            raise ValueError(f"{bound}={about[bound]} is not a number")
    inner, optional = _unwrap(hint)
    many, of = _container(inner)
    if dataclasses.is_dataclass(of) and isinstance(of, type):
        out.block, out.many, out.optional = Object(of, outer), many, optional
        if (many == "map") != bool(_NAME.match(about["label"])):
            raise ValueError('label="name" belongs to dict[str, a dataclass], which needs one: what the label of a block is')
        return out
    if about["label"]:
        raise ValueError("label belongs to dict[str, a dataclass]")
    out.value = read_type(inner)
    if about["oneof"] and out.value.elem is not None:
        raise ValueError("oneof belongs to strings, numbers and bools")
    for name, constant in [("default", about["default"]), *(("oneof", v) for v in about["oneof"])]:
        if constant is not None and out.value.take(constant, "")[1]:
            raise ValueError(f"{name}: {constant!r} is not a {out.value.hcl()}")
    out.required = about["default"] is None and not optional
    return out


def _unwrap(hint: Any) -> tuple[Any, bool]:
    """The type in ``T | None``."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        rest = [a for a in typing.get_args(hint) if a is not type(None)]
        if len(rest) == 1 and len(typing.get_args(hint)) == 2:
            return rest[0], True
    return hint, False


def _container(hint: Any) -> tuple[str, Any]:
    args = typing.get_args(hint)
    if typing.get_origin(hint) is list and args:
        return "list", args[0]
    if typing.get_origin(hint) is dict and len(args) == 2 and args[0] is str:
        return "map", args[1]
    return "", hint


def _nested(f: Field, block: Object) -> Any:
    inner = block.proto()
    inner.description = f.about["help"]
    nested = pb.NestedBlock(type_name=f.name, block=inner, label_name=f.about["label"])
    if f.many:
        nested.min_items, nested.max_items = int(f.about["min"] or 0), int(f.about["max"] or 0)
    else:
        nested.min_items, nested.max_items = int(not f.optional and block.needs_input()), 1
    return nested


def _fill_block(f: Field, block: Object, x: Any, at: str) -> tuple[Any, list[Diagnostic]]:
    if f.many == "":
        if x is None and f.optional:
            return None, []
        return block.fill(block.canonical({}) if x is None else x, at)
    want, what = (list, "a list of blocks") if f.many == "list" else (dict, f"an object of blocks by {f.about['label']}")
    x = want() if x is None else x
    if not isinstance(x, want):
        return None, [fault(at, "config_type", what + " is needed", f"Got {kind_of(x)}.")]
    return each(x, block.fill, at)
