"""Everything that an author provides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, is_dataclass
from typing import Any, Generic, Literal, TextIO, TypeVar

from . import search
from .device import Device
from .errors import Diagnostic
from .prepared import Prepared
from .request import Request

C = TypeVar("C")


@dataclass(frozen=True)
class Phase:
    """Something that can be timed."""

    name: str  # "decode", "prefill" or your own
    doc: str
    unit: str  # what one iteration produces: "tok", "call"
    single: bool = False  # one iteration is a measurement too, so that single iterations can be timed


@dataclass(frozen=True)
class Metric:
    """A named value that preparation, samples and checks may carry."""

    name: str
    unit: str
    doc: str
    better: Literal["", "lower", "higher"] = ""  # which way it improves; empty: neither
    exact: bool = False  # the same in every round, as a count or a size is


@dataclass(frozen=True)
class Command:
    """A program that a plugin starts."""

    argv: Sequence[str]  # a first element without a slash is looked for in $PATH
    folder: str = ""  # that it is started in; empty: the one that the plugin runs in


@dataclass(frozen=True)
class Tool:
    """A command beside measuring: ``assay NAME TOOL ARGS`` runs it, NAME being the plugin's.

    It runs in a process of its own, in the user's working folder, and opens no
    device. A Diagnostic or an OSError that it raises is shown without a traceback.
    """

    name: str
    doc: str  # one line: what it does with which arguments
    run: Callable[[Sequence[str], TextIO], object]


@dataclass
class Plugin(Generic[C]):
    """A plugin, whose configuration is the dataclass C.

    Without ``open_device`` a plugin counts as running on the cpu. With it, it says
    in ``devices`` on which kinds it runs; for the kind "auto" they are tried in
    their order, and one that raises a Diagnostic is passed over.
    """

    name: str  # letters, digits and dashes; the program is assay-plugin-NAME
    version: str  # semantic version
    config: type[C]  # a dataclass whose fields are made with arg()
    # Makes one configuration ready to run: inputs from the seed, everything compiled.
    # A Diagnostic that it raises reaches the user as advice; any other exception
    # means a broken plugin and ends the process.
    prepare: Callable[[Request[C]], Prepared]
    doc: str = ""  # markdown: what is measured and why, for people
    source: str = ""  # OWNER/NAME, what required_plugins calls it; empty: any source is taken for right
    phases: Sequence[Phase] = ()  # what can be timed, at least one unless there is declare
    metrics: Sequence[Metric] = ()

    # Names the phases and metrics that a configuration has beside those above.
    declare: Callable[[C], tuple[Sequence[Phase], Sequence[Metric]]] | None = None
    # Lists every other program that measuring the configuration starts.
    starts: Callable[[C], Sequence[Command]] | None = None
    # Looks for faults that the schema cannot express. It touches no device.
    validate: Callable[[C], Sequence[Diagnostic]] | None = None
    # Estimates the device memory that a configuration needs, in bytes.
    bytes: Callable[[C], int] | None = None
    # Answers with configurations to compare next, or with findings.
    propose: Callable[[search.Results[C]], search.Proposal[C]] | None = None
    tools: Sequence[Tool] = ()

    devices: Sequence[str] = ()  # kinds it runs on: "apple", "cuda", "cpu"
    open_device: Callable[[str, int], Device] | None = None  # of a kind, the index among those of its kind


def arg(
    default: Any = None,
    *,
    help: str = "",
    min: float | None = None,
    max: float | None = None,
    oneof: Sequence[Any] = (),
    path: bool = False,
    label: str = "",
    deprecated: str = "",
    name: str = "",
) -> Any:
    """A field of a configuration.

        bits:   int           = arg(4, help="bits of a weight", oneof=(2, 3, 4, 6, 8))
        eps:    float         = arg(help="added to the variance", min=0, max=1)   # required
        note:   str | None    = arg(help="…")                        # None when unset
        names:  list[str]     = arg(["a"], help="…")
        layer:  list[Layer]   = arg(help="…", min=1)                 # repeated block, Layer is a dataclass
        phase:  dict[str, Step] = arg(help="…", label="name")        # phase "decode" { … }, by label
        prompt: str           = arg(help="…", path=True)             # arrives absolute, and exists

    Types are str, bool, int, float, list[T] and dict[str, T] of those, ``| None`` of
    a scalar, and dataclasses as blocks (D: one block, D | None: at most one, list[D]:
    any number, dict[str, D]: any number, each with a label). An argument is required
    unless it has a default or may be None. ``min`` and ``max`` bound a number, or how
    often a block may stand. The host holds configurations against this: what the
    plugin is given fits, with defaults filled in.
    """
    metadata = {
        "assay": {
            "default": default, "help": help, "min": min, "max": max, "oneof": tuple(oneof),
            "path": path, "label": label, "deprecated": deprecated, "name": name,
        }
    }
    if is_dataclass(default):
        raise TypeError("a block has no default; its arguments have")
    if isinstance(default, (list, dict)):
        return field(default_factory=default.copy, kw_only=True, metadata=metadata)
    return field(default=default, kw_only=True, metadata=metadata)
