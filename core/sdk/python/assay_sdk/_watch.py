"""Heartbeats of a visit, from a thread that watches the work go on."""

from __future__ import annotations

import faulthandler
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import length_hint
from pathlib import Path
from typing import Any

_HERE = str(Path(__file__).parent)


class Watch:
    """Sends a heartbeat when one is due and the batch under way has made progress since
    the last look: an iteration ended, or the author called beat. Work that makes none
    for ``patience`` is given up, before the host would kill the process: the place in
    the author's code is known here.

    The thread needs the interpreter for microseconds, some times a second at most.
    Where native code holds it all the time, only the interpreter's own watchdog runs,
    which prints to stderr where the work is.
    """

    def __init__(self) -> None:
        self._beats = 0
        self._turns: Any = None  # of the batch under way; None: none is
        self._sent = 0
        self._worker = 0

    def beat(self) -> None:
        self._beats += 1

    def touch(self) -> None:
        """Hears that something was sent."""
        self._sent = time.monotonic_ns()

    @contextmanager
    def batch(self, turns: Any) -> Iterator[None]:
        self._turns = turns
        try:
            yield
        finally:
            self._turns = None

    @contextmanager
    def visit(self, heartbeat_ns: int, send: Callable[[], None], give_up: Callable[[str], None]) -> Iterator[None]:
        """Watches the work that the calling thread does."""
        self._worker = threading.get_ident()
        ended = threading.Event()
        thread = threading.Thread(target=self._run, args=(heartbeat_ns, send, give_up, ended), name="assay heartbeats", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _run(self, heartbeat_ns: int, send: Callable[[], None], give_up: Callable[[str], None], ended: threading.Event) -> None:
        look = Looks(heartbeat_ns, time.monotonic_ns())
        try:
            while not ended.wait(heartbeat_ns / 8e9):
                faulthandler.dump_traceback_later(look.patience / 1e9, file=2)
                turns = self._turns
                progress = None if turns is None else (id(turns), length_hint(turns), self._beats)
                due, hangs = look.at(time.monotonic_ns(), progress, self._sent)
                if due:
                    send()
                if hangs:
                    give_up(f"no progress for {look.patience / 1e9:.3g} s, three quarters of heartbeat_timeout{self._where()}")
                    return
        finally:
            faulthandler.cancel_dump_traceback_later()

    def _where(self) -> str:
        frame = sys._current_frames().get(self._worker)
        while frame is not None and frame.f_code.co_filename.startswith(_HERE):
            frame = frame.f_back
        if frame is None:
            return ""
        code = frame.f_code
        return f"; it is in {code.co_name} ({Path(code.co_filename).name}:{frame.f_lineno}); call beat() after each part of work that takes long"


class Looks:
    """What follows from looking at the work now and then; times in ns."""

    def __init__(self, heartbeat: int, now: int) -> None:
        self.patience = heartbeat * 3 // 4
        self._every, self._since, self._seen = heartbeat // 4, now, None

    def at(self, now: int, progress: Any, sent: int) -> tuple[bool, bool]:
        """Whether a heartbeat is due, and whether the work hangs. progress is any value that
        changes when the work goes on; None: there is none to do."""
        if progress is None or progress != self._seen:
            self._seen, self._since = progress, now
            return progress is not None and now - sent >= self._every, False
        return False, now - self._since >= self.patience
