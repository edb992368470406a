"""Functions of the user: patches, which change a module or a model after it was made."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import assay_sdk as sdk

from ._config import Patched
from ._engine import digest, version_of

# The patch of the modules that this process has made so far; a list, so that none is
# told from not yet.
_APPLIED: list[str] = []


def function(named: str, folder: str | None, at: str, what: str) -> Any:
    """The function of "module:function"."""
    name, _, attribute = named.partition(":")
    if folder is not None and folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        return getattr(importlib.import_module(name), attribute)
    except (ImportError, AttributeError) as e:
        where = f"in {folder} or " if folder else ""
        raise sdk.Diagnostic(f"{what} {named} is not there", f"{e}. It is looked for {where}in the environment of {sys.executable}.", path=at, code=f"{what}_missing") from e


def apply(what: Any, p: Patched, at: str) -> tuple[Any, dict[str, str], int]:
    """What is patched, facts about the patch, and how many modules it changed."""
    _alone(p.patch or "", at)
    if p.patch is None:
        return what, {}, 0
    patch, module = function(p.patch, p.modules, f"{at}.patch", "patch"), sys.modules[p.patch.partition(":")[0]]
    before = _modules(what)
    found = patch(what)
    changed = _changed(before, _modules(what if found is None else found))
    facts = {"patch": p.patch}
    if file := getattr(module, "__file__", None):
        facts |= {"patch_file": file, "patch_sha256": digest([Path(file)])}
    if version := version_of(module.__name__.partition(".")[0]):
        facts["patch_version"] = version
    return what if found is None else found, facts, changed


Modules = dict[str, tuple[Any, ...]]


def _modules(model: Any) -> Modules:
    """Of each module by its place, what makes it compute as it does: itself, its class,
    what that is called by, and what it has."""
    return {name: (m, type(m), type(m).__call__, *sorted(m.items(), key=lambda kv: kv[0])) for name, m in model.named_modules()}


def _changed(before: Modules, after: Modules) -> int:
    return sum(name not in before or not _same(before[name], parts) for name, parts in after.items())


def _same(a: tuple[Any, ...], b: tuple[Any, ...]) -> bool:
    if len(a) != len(b):
        return False
    own, attributes = zip(a[:3], b[:3]), zip(a[3:], b[3:])
    # A module below counts for itself, and a list of them is the model's own.
    return all(x is y for x, y in own) and all(k == n and (v is w or isinstance(v, (dict, list))) for (k, v), (n, w) in attributes)


def _alone(patch: str, at: str) -> None:
    """Refuses two patches in one process: what a patch does to a class, it does to the
    other arms of the process too."""
    if _APPLIED and _APPLIED[0] != patch:
        said = [f'the patch {p}' if p else "no patch" for p in (_APPLIED[0], patch)]
        raise sdk.Diagnostic(
            "arms with other patches share a process", f"One arm of this process has {said[0]}, another {said[1]}: a patch that changes a class would "
            'change both. Give each variant a process of its own by an environment of its own: env = { ARM = "patched" }.',
            path=f"{at}.patch", code="patch_shared")
    if not _APPLIED:
        _APPLIED.append(patch)
