"""The one thread that calls the author: the main thread, where signals arrive and which
devices with thread-bound state are bound to."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

_END = object()


class Lane:
    def __init__(self) -> None:
        self._work: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = queue.SimpleQueue()

    def serve(self) -> None:
        """Does the work that comes, until close."""
        while (item := self._work.get()) is not None:
            f, done = item
            try:
                done.set_result(f())
            except BaseException as e:  # SystemExit and KeyboardInterrupt too: the author called exit
                done.set_exception(e)
            del item, f, done

    def close(self) -> None:
        self._work.put(None)

    def start(self, f: Callable[[], Any]) -> Future[Any]:
        done: Future[Any] = Future()
        self._work.put((f, done))
        return done

    def do(self, f: Callable[[], Any]) -> Any:
        return self.start(f).result()

    def stream(self, f: Callable[[Events], None]) -> Iterator[Any]:
        """Yields what f sends, while it runs; raises what it raises, or what fail is given."""
        events = Events()

        def run() -> None:
            try:
                f(events)
                events.queue.put((_END, None))
            except BaseException as e:
                events.fail(e)

        self.start(run)
        while True:
            event, error = events.queue.get()
            if error is not None:
                raise error
            if event is _END:
                return
            yield event


class Events:
    """The way of a stream's events, from any thread."""

    def __init__(self) -> None:
        self.queue: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()

    def send(self, event: Any) -> None:
        self.queue.put((event, None))

    def fail(self, error: BaseException) -> None:
        self.queue.put((None, error))
