"""What an author can do wrong, each with the error that names it."""

from __future__ import annotations

import contextlib
import io
import math
import sys
import threading
import time
import unittest
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import assay_sdk as sdk
from assay_sdk.errors import Broken
from assay_sdk.testing import Host, run


@dataclass
class Config:
    n: int = sdk.arg(10, help="elements", min=1)


def plugin(prepare: Callable[[Any], Any], **more: Any) -> sdk.Plugin[Config]:
    return sdk.Plugin(**{
        "name": "made", "version": "0.1.0", "config": Config, "prepare": prepare,
        "phases": [sdk.Phase("work", "some work", "call")], "metrics": [sdk.Metric("size", "B", "of the output")], **more,
    })


def prepared(**more: Any) -> Callable[[Any], Any]:
    """A prepare that is right but for what is given."""
    timed = {k: more.pop(k) for k in list(more) if k in sdk.Timed.__dataclass_fields__ and k != "bytes"}
    if not set(timed) & {"step", "run", "submit", "own_times"}:
        timed["step"] = lambda: None
    return lambda req: sdk.Prepared(**{"phases": {"work": sdk.Timed(**timed)}, **more})


def fail(*_: Any) -> Any:
    raise ValueError("the third wheel\nis missing")


async def later(*_: Any) -> Any:
    return None


class Faults(unittest.TestCase):
    def said(self, made: sdk.Plugin[Any]) -> str:
        """The status that a host gets; what goes to stderr beside it is kept in self.stderr."""
        with contextlib.redirect_stderr(io.StringIO()) as err, self.assertRaises(Broken) as caught:
            run(made)
        self.stderr = err.getvalue()
        return str(caught.exception)

    def test_each_is_named(self) -> None:
        for name, made, says in (
            ("exception in prepare", fail, "prepare: ValueError: the third wheel is missing (test_faults.py:"),
            ("exception in step", prepared(step=fail), "work, 1 iterations: ValueError: the third wheel is missing"),
            ("exception in submit", prepared(submit=fail, wait=time.monotonic), "work, 1 iterations: ValueError"),
            ("exception in wait", prepared(submit=time.monotonic, wait=fail), "work, 1 iterations: ValueError"),
            ("exception in synchronize", prepared(synchronize=fail), "work, 1 iterations: ValueError"),
            ("exception in verify", prepared(verify=fail), "work: verify: ValueError"),
            ("exception in spoil", prepared(spoil=fail), "work: spoil outputs: ValueError"),
            ("exception in begin_visit", prepared(begin_visit=fail), "work, begin_visit: ValueError"),
            ("exception in sample_metrics", prepared(sample_metrics=fail), "work, sample_metrics: ValueError"),
            ("exception in check", prepared(check=fail), "release: check: ValueError"),
            ("sys.exit in prepare", lambda req: sys.exit(3), "prepare: sys.exit(3) was called; raise a Diagnostic, or any other exception"),
            ("sys.exit in step", prepared(step=lambda: sys.exit("no")), "sys.exit('no') was called"),
            ("a device that is lost", prepared(step=lambda: raise_(sdk.DeviceLost("gone"))), "device_lost: work, 1 iterations: assay_sdk.errors.DeviceLost: gone"),
            ("nothing prepared", lambda req: None, "the plugin returned None; want Prepared"),
            ("prepare is async", later, "it is a coroutine function, which would do nothing"),
            ("step is async", prepared(step=later), "prepare gives a coroutine function as step"),
            ("a phase that is not declared", lambda req: sdk.Prepared(phases={"wrok": sdk.Timed(step=time.monotonic)}), 'prepare gives phase "wrok"; the plugin declares work'),
            ("a phase that is missing", lambda req: sdk.Prepared(phases={}), 'phase "work": prepare gives nothing to time, and the host asks for it'),
            ("no Timed", lambda req: sdk.Prepared(phases={"work": time.monotonic}), 'phase "work": prepare gives <built-in function monotonic>; want a Timed'),  # type: ignore[dict-item]
            ("two ways", prepared(step=time.monotonic, run=fail), "prepare gives 2 of step, run, submit and own_times; want one"),
            ("submit without wait", prepared(submit=time.monotonic), "one of submit and wait; they belong together"),
            ("partial without own_times", prepared(partial=True), "prepare gives partial without own_times"),
            ("negative iterations", prepared(iterations=-1), "prepare gives -1 iterations; want 0 to"),
            ("no units", prepared(units=math.nan), "prepare gives nan units of one iteration"),
            ("no time", prepared(own_times=lambda n: None), 'phase "work": own_times gives None, no time; want Times(wall=ns)'),
            ("a time that is a number", prepared(own_times=lambda n: 1.5), "own_times gives 1.5, no time"),
            ("a time of text", prepared(own_times=lambda n: sdk.Times("1 ms")), "own_times gives '1 ms' as a time; want whole nanoseconds"),  # type: ignore[arg-type]
            ("a time of NaN", prepared(own_times=lambda n: sdk.Times(math.nan)), "own_times gives nan as a time"),  # type: ignore[arg-type]
            ("negative time", prepared(own_times=lambda n: sdk.Times(-5)), "a wall time of -5e-06 ms; it is a sample only above 0"),
            ("negative device time", prepared(own_times=lambda n: sdk.Times(5, -1)), "a device time of -1e-06 ms and an encode time of 0 ms; want 0 for unknown"),
            ("device above wall", prepared(submit=time.monotonic, wait=lambda: 10**12), "is longer than the wall time of"),
            ("times above their calls", prepared(own_times=lambda n: sdk.Times(10**12)), "the times are longer than the calls that they are of"),
            ("undeclared metric", prepared(metrics={"sise": 1}), 'prepare gives metric "sise"; the plugin declares size'),
            ("NaN metric", prepared(metrics={"size": math.nan}), 'prepare gives metric "size", which is nan; want a finite number'),
            ("metric of text", prepared(metrics={"size": "big"}), "which is 'big'; want a number"),
            ("NaN metric of a sample", prepared(sample_metrics=lambda: {"size": math.inf}), 'work: sample_metrics gives metric "size", which is inf'),
            ("undeclared metric of a sample", prepared(sample_metrics=lambda: {"x": 1}), 'sample_metrics gives metric "x"; the plugin declares size'),
            ("metrics that are a number", prepared(sample_metrics=lambda: 7), "sample_metrics gives 7; want a dict of metrics by name"),
            ("a fact that is no text", prepared(facts={"layers": 4}), "prepare: fact 'layers' is 4; want text"),
            ("numbers that are none", prepared(numbers={"y": sdk.Numbers([1, math.nan], 0.1)}), "prepare: numbers 'y' is nan; want a finite number"),
            ("bytes of text", prepared(bytes="1 MB"), "prepare: bytes is '1 MB'; want a number"),
            ("bytes of NaN", lambda req: sdk.Prepared(phases={"work": sdk.Timed(step=int, bytes=math.nan)}), 'prepare: phase "work": bytes is nan'),  # type: ignore[arg-type]
            ("iterations that are no whole number", prepared(iterations=2.5), "prepare gives 2.5 iterations; want 0 to"),
            ("a check without a value", prepared(checks=[sdk.Check("sum", None, 1, True)]), 'check "sum" has the value None and the limit 1; want numbers'),  # type: ignore[arg-type]
            ("a verify without checks", prepared(verify=lambda i: None), "work: verify gives [None]; want a list of Check"),
            ("a verify that is true", prepared(verify=lambda i: True), "work: verify gives [True]; want a list of Check"),
            ("a verify of booleans", prepared(verify=lambda i: [True]), "work: verify gives [True]; want a list of Check"),
        ):
            with self.subTest(name):
                self.assertIn(says, self.said(plugin(made)))

    def test_the_traceback_on_stderr_begins_in_the_authors_code(self) -> None:
        self.said(plugin(fail))
        lines = self.stderr.splitlines()
        self.assertIn("test_faults.py", lines[1])
        self.assertEqual(lines[-2:], ["ValueError: the third wheel", "is missing"])

    def test_a_plugin_that_is_wrong_before_anything_runs(self) -> None:
        for more, says in (
            ({"name": "Made"}, 'plugin name "Made" must be lower case letters, digits and dashes'),
            ({"version": "1"}, 'version "1" is not a semantic version'),
            ({"phases": []}, "plugin made: has no phase to time"),
            ({"phases": [sdk.Phase("a", "", "call")] * 2}, 'plugin made: phase "a" has no name or the name of another'),
            ({"phases": ["work"]}, "'work' is not a Phase"),
            ({"config": dict}, "plugin made: configuration dict is not a dataclass"),
            ({"devices": ["cuda"]}, "runs on cuda and has no open_device"),
            ({"devices": ["gpu"], "open_device": fail}, 'runs on device "gpu", want one of apple, cuda, cpu'),
            ({"open_device": fail}, "has open_device and no devices"),
        ):
            with self.subTest(says), self.assertRaises(Broken) as caught:
                Host(plugin(prepared(), **more))
            self.assertIn(says, str(caught.exception))

    def test_advice_is_no_defect(self) -> None:
        def small(req: Any) -> Any:
            raise sdk.Faults([sdk.Diagnostic("too small", path="n", code="n_min"), sdk.Diagnostic("too odd", path="n")])

        with self.assertRaises(sdk.Diagnostic) as caught:
            run(plugin(small))
        self.assertEqual((caught.exception.summary, caught.exception.path, caught.exception.code), ("too small", "n", "n_min"))
        with self.assertRaisesRegex(sdk.Diagnostic, "out of device memory: 8 GB are missing"):
            run(plugin(lambda req: raise_(MemoryError("8 GB are missing"))))

    def test_validate_returns_diagnostics(self) -> None:
        for given, says in (([True], "validate gives True; want a list of Diagnostic"), (None, "")):
            made = plugin(prepared(), validate=lambda c, given=given: given)
            if says:
                self.assertIn(says, self.said(made))
            else:
                self.assertEqual(run(made).warnings, [])

    def test_a_check_of_nan_does_not_pass(self) -> None:
        with self.assertRaisesRegex(AssertionError, "check work error failed: nan, limit 1"):
            run(plugin(prepared(verify=lambda i: [sdk.below("error", math.nan, 1)])))

    def test_what_preparation_kept_is_freed_also_when_it_fails(self) -> None:
        freed: list[int] = []

        def half(req: Any) -> Any:
            req.cleanup(lambda: freed.append(1))
            req.cleanup(lambda: freed.append(2))
            return fail()

        self.said(plugin(half))
        self.assertEqual(freed, [2, 1])

    def test_threads_that_are_left_are_named(self) -> None:
        end = threading.Event()

        def busy(req: Any) -> Any:
            threading.Thread(target=end.wait, name="loader").start()
            return prepared()(req)

        try:
            warnings = run(plugin(busy)).warnings
        finally:
            end.set()
        self.assertEqual([(w.code, "loader" in w.detail) for w in warnings], [("threads_left", True)])

    def test_work_without_progress_is_given_up_and_its_place_is_named(self) -> None:
        end = threading.Event()
        for name, timed in (("step", {"step": end.wait}), ("run", {"run": lambda n: end.wait()}), ("wait", {"submit": int, "wait": end.wait})):
            with self.subTest(name), Host(plugin(prepared(**timed))) as host:
                end.clear()
                host.open()
                host.prepare()
                with self.assertRaises(Broken) as caught, contextlib.redirect_stderr(io.StringIO()):
                    host.measure("work", heartbeat_s=0.4)
                end.set()
                self.assertRegex(str(caught.exception), r"^device_timeout: work: no progress for 0.3 s, three quarters of heartbeat_timeout; it is in wait \(threading.py:")
                self.assertEqual(caught.exception.code, "ABORTED")


def raise_(e: BaseException) -> Any:
    raise e


if __name__ == "__main__":
    unittest.main()
