"""Ends the process when the host does, however it ended: the host holds the other end
of a pipe and never writes to it."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time

_ORPHANED = 86  # the status of a plugin that ended because its host was gone


def watch_lifeline() -> None:
    text = os.environ.get("ASSAY_LIFELINE_FD", "")
    if not text.isdigit() or int(text) < 3:
        return
    fd, host = int(text), os.getppid()
    os.set_inheritable(fd, False)

    def wait() -> None:
        try:
            os.read(fd, 1)
        except OSError:
            pass
        folder = os.environ.get("PLUGIN_UNIX_SOCKET_DIR")
        if folder:  # the host can no longer remove it
            shutil.rmtree(folder, ignore_errors=True)
            try:
                os.rmdir(os.path.dirname(folder))  # fails unless it is empty
            except OSError:
                pass
        _end_group(host)
        os._exit(_ORPHANED)

    threading.Thread(target=wait, name="assay lifeline", daemon=True).start()


def _end_group(host: int) -> None:
    """Kills this process and all others of its group if its host is gone: only the host
    would end those that outlive it. A host that lives does that, and reads the exit
    status. The pipe to a host that is killed closes a little before the system gives its
    children another parent."""
    if os.getpgrp() != os.getpid():
        return
    for _ in range(50):
        if os.getppid() != host:
            os.killpg(os.getpid(), signal.SIGKILL)
        time.sleep(0.01)
