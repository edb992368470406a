"""Measures functions when assay asks, in JSON lines on stdin and stdout.

    from assay_serve import serve
    model = load()
    serve({"decode": lambda: model.step()}, units={"decode": 1})

Needs Python 3.8 and nothing else. assay's command plugin puts this file on
PYTHONPATH of the programs that it serves; it may also be copied beside a script.
"""

import gc
import json
import os
import sys
import time
import traceback

__all__ = ["serve"]


def serve(phases, units=None, sync=None, metrics=None, output=None):
    """Answers until standard input ends or assay says stop.

    phases   functions by phase; a call is one iteration
    units    what one iteration produces, in units of the phase: {"decode": 64}; default 1
    sync     called after the last iteration, before the clock stops: a device
             that computes later must be waited for here
    metrics  called after each run, not timed: a dict of numbers
    output   called with what the last iteration returned, not timed: text that
             must be the same in every run

    What the functions print goes to stderr.
    """
    requests, answers = _streams()

    def answer(message):
        text = json.dumps(message, allow_nan=False)
        answers.write(text.encode() + b"\n")
        answers.flush()

    units = units or {}
    try:
        answer({"ready": True, "phases": {name: {"units": units.get(name, 1)} for name in phases}})
        for line in requests:
            request = json.loads(line)
            if request.get("stop"):
                break
            function = phases[request["run"]]
            wall_ns, result = _measure(function, request["iterations"], sync)
            message = {"wall_ns": wall_ns}
            if metrics is not None:
                message["metrics"] = metrics()
            if output is not None:
                message["output"] = output(result)
            answer(message)
    except BrokenPipeError:
        pass  # assay is gone
    except Exception as e:
        traceback.print_exc()
        answer({"error": "%s: %s" % (type(e).__name__, e)})
        sys.exit(1)


def _measure(function, iterations, sync):
    """Wall time of the iterations in nanoseconds, and what the last one returned."""
    result = None
    collects = gc.isenabled()
    gc.disable()
    try:
        begin = time.perf_counter_ns()
        for _ in range(iterations):
            result = function()
        if sync is not None:
            sync()
        return time.perf_counter_ns() - begin, result
    finally:
        if collects:
            gc.enable()


def _streams():
    """Takes stdin and stdout for the protocol, so that nothing else can read or
    print there."""
    sys.stdout.flush()
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, answers
