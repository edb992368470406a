"""What an author gives under a name that the plugin does not declare would be dropped
or shown as nothing, and a number that is none cannot be written: both are defects that
are said."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .errors import Broken
from .plugin import Metric, Phase


def distinct(what: str, items: Iterable[Phase] | Iterable[Metric]) -> list[str]:
    """Refuses empty names and names that two have."""
    names: list[str] = []
    for item in items:
        if not isinstance(item, (Phase, Metric)):
            raise Broken(f"{item!r:.60} is not a {what.capitalize()}")
        if not item.name or item.name in names:
            raise Broken(f'{what} "{item.name}" has no name or the name of another')
        names.append(item.name)
    return names


def known(where: str, what: str, given: Any, declared: Sequence[str]) -> None:
    """Checks the names in what a plugin gives; where says which call gave it."""
    if not isinstance(given, Mapping):
        raise Broken(f"{where} gives {given!r:.60}; want a dict of {what}s by name")
    for name in given:
        if name not in declared:
            raise Broken(f'{where} gives {what} "{name}"; the plugin declares {", ".join(declared) or "none"}')


def number(where: str, x: Any) -> float:
    try:
        value = float(x)
    except (TypeError, ValueError, OverflowError):
        raise Broken(f"{where} is {x!r:.60}; want a number") from None
    if not math.isfinite(value):
        raise Broken(f"{where} is {value}; want a finite number")
    return value


def whole(where: str, x: Any) -> int:
    return round(number(where, x))


def numbers(where: str, what: str, given: Mapping[str, Any]) -> dict[str, float]:
    return {name: number(f'{where} gives {what} "{name}", which', x) for name, x in given.items()}


def texts(where: str, given: Mapping[str, Any]) -> dict[str, str]:
    for name, x in given.items():
        if not (isinstance(name, str) and isinstance(x, str)):
            raise Broken(f"{where} {name!r:.60} is {x!r:.60}; want text")
    return dict(given)
