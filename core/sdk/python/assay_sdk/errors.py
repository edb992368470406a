"""What an author raises, or returns, when something is wrong."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from pathlib import Path

_HERE = str(Path(__file__).parent)


class Diagnostic(Exception):
    """A problem that a user can fix by changing the configuration or the machine.

    ``validate`` returns a list of them, ``prepare`` and ``propose`` raise one. Any
    other exception says that the plugin is broken, and ends the process.
    """

    def __init__(self, summary: str, detail: str = "", *, path: str = "", code: str = "", warning: bool = False) -> None:
        super().__init__(": ".join(part for part in (path, summary, detail) if part))
        self.summary = summary  # terse: "group size does not divide the hidden size"
        self.detail = detail  # what to change: "2048 is not a multiple of 96; use 32, 64 or 128"
        self.path = path  # where in the configuration: 'bits', 'layers[2].bits', 'scale["up"]'; empty: all of it
        self.code = code  # stable, for machines
        self.warning = warning  # advice that does not stop the experiment


class Faults(Exception):
    """Several diagnostics, to raise at once."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__("; ".join(str(d) for d in diagnostics))
        self.diagnostics = list(diagnostics)


class DeviceFault(Exception):
    """The device refused what a kernel did."""


class DeviceTimeout(Exception):
    """A bounded wait on the device ran out."""


class DeviceLost(Exception):
    """The device no longer works in this process."""


class Broken(Exception):
    """A status that ends the process: the plugin, or its host, broke the contract."""

    def __init__(self, text: str, code: str = "INTERNAL") -> None:
        super().__init__(text)
        self.code = code


_CLASSES = {DeviceFault: "device_fault", DeviceTimeout: "device_timeout", DeviceLost: "device_lost"}
_MOST_TEXT = 4 << 10  # of a status message: inside the smallest header limit in use


def diagnostics_of(error: BaseException) -> list[Diagnostic]:
    """The advice in an exception; empty: it is none, and the plugin is broken."""
    if isinstance(error, Diagnostic):
        return [error]
    if isinstance(error, Faults):
        return error.diagnostics
    if isinstance(error, MemoryError):
        detail = f"{error or 'MemoryError'}. Use a smaller shape, fewer layers, or a device with more memory."
        return [Diagnostic("out of device memory", detail, code="out_of_device_memory")]
    return []


def broken(during: str, error: BaseException) -> Broken:
    """The status of an exception that is no advice; its traceback goes to stderr."""
    if isinstance(error, Broken):
        return error
    traceback.print_exception(type(error), error, _authors(error) or error.__traceback__)
    text = f"{during}: {last_line(error)}"
    for kind, name in _CLASSES.items():
        if isinstance(error, kind):
            return Broken(cut(f"{name}: {text}"), "ABORTED")
    return Broken(cut(text))


def cut(text: str) -> str:
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= _MOST_TEXT else text[:_MOST_TEXT] + " (cut)"


def last_line(error: BaseException) -> str:
    """What the last line of the traceback says, and where in the author's code it was."""
    said = " ".join(traceback.format_exception_only(type(error), error)[-1].split())
    if isinstance(error, SystemExit):
        said = f"sys.exit({error.code!r}) was called; raise a Diagnostic, or any other exception"
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if not f.filename.startswith((_HERE, "<frozen"))]
    if not own:
        return said
    return f"{said} ({Path(own[-1].filename).name}:{own[-1].lineno}, in {own[-1].name})"


def _authors(error: BaseException):  # type: ignore[no-untyped-def]
    """The traceback from the first frame that is not the SDK's."""
    tb = error.__traceback__
    while tb is not None and tb.tb_frame.f_code.co_filename.startswith(_HERE):
        tb = tb.tb_next
    return tb
