"""The process of a plugin around the protocol: what it does with its arguments, its
streams, its log and its end."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
import traceback
from typing import Any, NoReturn, TextIO

from ._lane import Lane
from ._lifeline import watch_lifeline
from ._log import logger
from ._service import Service
from .errors import Broken, Diagnostic
from .plugin import Plugin

_COOKIE = ("ASSAY_PLUGIN_COOKIE", "fineness-is-found-by-fire")
_BY_HAND = """{name} {version} is a plugin of assay, a framework for kernel experiments.
It is started by assay, not by hand:

  {program} describe      prints what it measures, as JSON
  assay plugin docs {name}
  assay run FILE.hcl   with  plugin = "…"  in an experiment block
"""


def serve(plugin: Plugin[Any]) -> None:
    """The whole main of a plugin. It ends the process: 0 when the host is done, 1 with a
    text on stderr when the plugin is defective or was started by hand, 86 when the host
    is gone.

    With "describe" as first argument it prints the description as JSON; with "tool", it
    runs one of the plugin's tools.
    """
    stdout = _take_stdout()
    lane = Lane()
    try:
        service = Service(plugin, lane, logger())
    except Broken as e:
        _exit(f"error: {e}")
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    if command == "describe":
        from google.protobuf.json_format import MessageToJson

        with os.fdopen(stdout, "w") as out:
            print(MessageToJson(service.describe()), file=out)
    elif command == "tool":
        with os.fdopen(stdout, "w") as out:
            _tool(plugin, sys.argv[2:], out)
    elif os.environ.get(_COOKIE[0]) != _COOKIE[1]:
        _exit(_BY_HAND.format(name=plugin.name, version=plugin.version, program=sys.argv[0]), end="")
    else:
        _protocol(service, lane, stdout)


def _exit(text: str, end: str = "\n") -> NoReturn:
    print(text, file=sys.stderr, end=end)
    sys.exit(1)


def _take_stdout() -> int:
    """Keeps standard output for the handshake: what else is printed goes to stderr, also
    what waits in the buffer and what native code prints."""
    stdout = os.dup(1)
    os.dup2(2, 1)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(line_buffering=True)
    return stdout


def _tool(plugin: Plugin[Any], args: list[str], out: TextIO) -> None:
    for tool in plugin.tools:
        if args and args[0] == tool.name:
            try:
                tool.run(args[1:], out)
            except (Diagnostic, OSError) as e:
                _exit(f"error: {e}")
            return
    if not plugin.tools:
        _exit(f"error: plugin {plugin.name} has no commands of its own: assay plugin docs {plugin.name} says what it measures")
    lines = [f"  assay {plugin.name} {t.name}  {t.doc}" for t in plugin.tools]
    _exit("\n".join([f"error: plugin {plugin.name} has these commands:", *lines]))


def _protocol(service: Service, lane: Lane, stdout: int) -> NoReturn:
    folder = os.environ.get("PLUGIN_UNIX_SOCKET_DIR")
    if not folder:
        _exit("error: the host names no folder for the socket in PLUGIN_UNIX_SOCKET_DIR; it is needed, the connection is in the clear")
    if "1" not in os.environ.get("PLUGIN_PROTOCOL_VERSIONS", "1").split(","):
        _exit(f"error: the host speaks protocol {os.environ['PLUGIN_PROTOCOL_VERSIONS']}, this plugin speaks 1; update one of them")
    watch_lifeline()
    faulthandler.enable()
    signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C is for the host, which ends its plugins
    _refuse_forks()
    from ._wire import start  # gRPC takes a while to load

    server = start(service, lane, os.path.join(folder, "s"))
    os.write(stdout, f"1|1|unix|{folder}/s|grpc|\n".encode())
    lane.serve()  # until Shutdown
    timer = threading.Timer(1, os._exit, (0,))
    timer.daemon = True
    timer.start()
    try:
        service.shutdown()
    except BaseException:  # nobody asks any more
        traceback.print_exc()
    server.stop(grace=0.5).wait()
    _flush()
    os._exit(0)  # threads that the author left must not keep the process


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            pass


def _refuse_forks() -> None:
    """A copy of this process would have gRPC's locks and none of its threads. Programs
    that subprocess starts are not copies."""

    def fork() -> NoReturn:
        raise RuntimeError("a plugin cannot fork: the copy would not have the threads of gRPC. "
                           "Start programs with subprocess, and workers with multiprocessing's method 'spawn'")

    os.fork = fork
    os.forkpty = fork
