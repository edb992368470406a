"""Write a plugin of assay in Python.

A plugin says what its configuration is, prepares one configuration, and runs n
iterations of a phase; the host decides everything else: what is compared, in which
order, how often, and what may be concluded. Fill a Plugin and give it to serve; its
prepare answers a Request with Prepared, which has a Timed for each phase. The SDK takes
the time, around calls that have waited.

docs/plugins.md of assay has a whole plugin, and says what is stable.
"""

__version__ = "0.2.0"  # sent in every description

from . import search
from ._serve import serve
from .device import Device, Memory, Moved
from .errors import DeviceFault, DeviceLost, DeviceTimeout, Diagnostic, Faults
from .plugin import Command, Metric, Phase, Plugin, Tool, arg
from .prepared import Check, Numbers, Prepared, Timed, Times, below
from .request import Request

__all__ = [
    "Check", "Command", "Device", "DeviceFault", "DeviceLost", "DeviceTimeout", "Diagnostic", "Faults", "Memory", "Metric", "Moved",
    "Numbers", "Phase", "Plugin", "Prepared", "Request", "Timed", "Times", "Tool", "__version__", "arg", "below", "search", "serve",
]
