"""Python's logging, as JSON lines on stderr that the host turns into its own log lines."""

from __future__ import annotations

import json
import logging
import os
import sys

_TRACE = 5
_LEVELS = {"trace": _TRACE, "debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}


def logger() -> logging.Logger:
    """The plugin's logger. What other loggers say goes the same way, unless the author
    has given the root logger handlers."""
    root = logging.getLogger()
    if not root.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(_Lines())
        root.addHandler(handler)
        root.setLevel(_LEVELS.get(os.environ.get("ASSAY_LOG_LEVEL", ""), logging.INFO))
    return logging.getLogger("plugin")


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        level = next(name for name, least in reversed(_LEVELS.items()) if record.levelno >= least or least == _TRACE)
        line = {"@level": level, "@message": record.getMessage(), "@module": record.name}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)
