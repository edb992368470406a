"""Visits: what is timed, how often, and what is said meanwhile."""

from __future__ import annotations

import gc
import queue
import threading
import unittest
from dataclasses import dataclass
from typing import Any

import assay_sdk as sdk
from assay_sdk import _proto as pb
from assay_sdk._timed import Running, VisitTimes
from assay_sdk._watch import Looks, Watch
from assay_sdk.testing import Host, run


@dataclass
class Config:
    n: int = sdk.arg(10, help="elements", min=1)


def plugin(timed: sdk.Timed, **more: Any) -> sdk.Plugin[Config]:
    return sdk.Plugin(
        name="made", version="0.1.0", config=Config, prepare=lambda req: sdk.Prepared(phases={"work": timed}, **more),
        phases=[sdk.Phase("work", "some work", "call")], metrics=[sdk.Metric("size", "B", "of the output", better="lower", exact=True)],
    )


def opened(made: sdk.Plugin[Config]) -> Host:
    host = Host(made)
    host.open()
    host.prepare()
    return host


class Clock:
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.ns = 0

    def __call__(self) -> int:
        return self.ns

    def spend(self, ns: int) -> None:
        self.ns += ns


class Times(unittest.TestCase):
    def taken(self, timed: sdk.Timed, n: int, device: sdk.Device | None = None) -> sdk.Times:
        return Running("work", timed, device or sdk.Device("cpu", "made"), self.clock).run(n, VisitTimes(), Watch())

    def setUp(self) -> None:
        self.clock = Clock()

    def test_step_is_called_n_times_inside_the_time(self) -> None:
        self.assertEqual(self.taken(sdk.Timed(step=lambda: self.clock.spend(7)), 3), sdk.Times(21))

    def test_run_is_called_once(self) -> None:
        self.assertEqual(self.taken(sdk.Timed(run=lambda n: self.clock.spend(10 * n)), 3), sdk.Times(30))

    def test_submit_is_encoding_and_wait_the_rest(self) -> None:
        timed = sdk.Timed(submit=lambda: self.clock.spend(5), wait=lambda: self.clock.spend(1000))
        self.assertEqual(self.taken(timed, 4), sdk.Times(wall=1020, encode=20))

    def test_wait_may_know_the_devices_part(self) -> None:
        def wait() -> float:
            self.clock.spend(1000)
            return 900.4

        self.assertEqual(self.taken(sdk.Timed(submit=lambda: self.clock.spend(5), wait=wait), 2), sdk.Times(1010, 900, 10))

    def test_a_device_is_waited_for_before_and_inside(self) -> None:
        device = sdk.Device("cuda", "made", synchronize=lambda: self.clock.spend(100))
        self.assertEqual(self.taken(sdk.Timed(step=lambda: self.clock.spend(1)), 2, device), sdk.Times(102))
        self.assertEqual(self.clock.ns, 202)

    def test_own_times_are_the_authors(self) -> None:
        def own(n: int) -> sdk.Times:
            self.clock.spend(100 * n)
            return sdk.Times(90 * n, 80 * n, 5 * n)

        self.assertEqual(self.taken(sdk.Timed(own_times=own), 2), sdk.Times(180, 160, 10))

    def test_the_collector_is_off_in_a_visit_and_on_again(self) -> None:
        seen: list[bool] = []
        with opened(plugin(sdk.Timed(step=lambda: seen.append(gc.isenabled())))) as host:
            host.measure("work", iterations=1, samples=1)
        self.assertEqual((seen, gc.isenabled()), ([False], True))


class Visits(unittest.TestCase):
    def test_a_visit_has_the_samples_that_were_asked_for(self) -> None:
        calls: list[int] = []
        with opened(plugin(sdk.Timed(step=lambda: calls.append(0)))) as host:
            samples = host.measure("work", iterations=5, samples=4)
        self.assertEqual(([s.iterations for s in samples], len(calls)), ([5] * 4, 20))

    def test_iterations_are_found(self) -> None:
        pause = threading.Event()
        with opened(plugin(sdk.Timed(step=lambda: pause.wait(0.001)))) as host:
            samples = host.measure("work", sample_s=0.02, samples=2)
        self.assertGreaterEqual(samples[0].iterations, 1)
        self.assertLessEqual(samples[0].iterations, 20)
        self.assertEqual(samples[0].iterations, samples[1].iterations)

    def test_iterations_that_cannot_be_chosen(self) -> None:
        asked: list[int] = []
        timed = sdk.Timed(run=asked.append, iterations=7)
        with opened(plugin(timed)) as host:
            self.assertEqual(host.measure("work", samples=2)[0].iterations, 7)
            with self.assertRaisesRegex(Exception, "8 iterations of phase \"work\" are asked for; it has 7"):
                host.measure("work", iterations=8)
        self.assertEqual(asked, [7, 7])

    def test_verify_gets_the_iteration_that_ran_last(self) -> None:
        seen: list[int] = []
        spoiled: list[int] = []

        def verify(iteration: int) -> Any:
            seen.append(iteration)
            return [sdk.below("wrong", 0, 0)], {"size": 4}

        timed = sdk.Timed(step=lambda: None, verify=verify, rotation=3, spoil=lambda: spoiled.append(1))
        with opened(plugin(timed)) as host:
            host.measure("work", iterations=4, samples=1)
            released = host.release()
        self.assertEqual((seen, len(spoiled)), ([0, 1], 2))  # 1 iteration before timing, 4 in it
        self.assertEqual(([c.name for c in released.checks], released.metrics), (["work wrong"], {"size": 4}))

    def test_a_phase_that_was_never_timed_is_verified_all_the_same(self) -> None:
        out: list[int] = []
        timed = sdk.Timed(step=lambda: out.append(1), spoil=out.clear, verify=lambda i: [sdk.below("missing", 1 - len(out), 0)])
        with opened(plugin(timed)) as host:
            self.assertTrue(host.release().checks[0].passed)

    def test_stop_ends_a_visit_after_the_sample_at_hand(self) -> None:
        host = opened(plugin(sdk.Timed(step=lambda: None)))
        said: queue.SimpleQueue[Any] = queue.SimpleQueue()
        said.put(pb.MeasureRequest(start=pb.Start(handle="1", phase="work", iterations=1)))
        seen: list[str] = []
        for event in host._service.Measure(iter(said.get, None)):
            seen.append(event.WhichOneof("event"))
            if seen[-1] == "intent":
                said.put(pb.MeasureRequest(ack=pb.Ack(seq=1)))
            elif seen[-1] == "sample":
                said.put(pb.MeasureRequest(stop=pb.Stop(reason="enough")))
        self.assertEqual((seen, event.done.reason), (["intent", "sample", "done"], "stopped"))

    def test_what_begins_a_visit_has_an_intent_of_its_own(self) -> None:
        host = opened(plugin(sdk.Timed(step=lambda: None), begin_visit=lambda phase: seen.append("begin " + phase)))
        said: queue.SimpleQueue[Any] = queue.SimpleQueue()
        said.put(pb.MeasureRequest(start=pb.Start(handle="1", phase="work", iterations=1, samples=1)))
        seen: list[str] = []
        for event in host._service.Measure(iter(said.get, None)):
            seen.append(event.WhichOneof("event"))
            if seen[-1] in ("intent", "sample"):
                said.put(pb.MeasureRequest(ack=pb.Ack(seq=getattr(event, seen[-1]).seq)))
        self.assertEqual(seen, ["intent", "begin work", "intent", "sample", "done"])

    def test_a_host_that_is_gone_ends_a_visit_in_silence(self) -> None:
        def gone() -> Any:
            yield pb.MeasureRequest(start=pb.Start(handle="1", phase="work", iterations=1))
            raise ConnectionError("cancelled")

        host = opened(plugin(sdk.Timed(step=lambda: None)))
        events = list(host._service.Measure(gone()))
        self.assertEqual(events[-1].done.reason, "stopped")

    def test_heartbeats_follow_from_progress(self) -> None:
        for name, looks, want in (
            ("iterations end", [(25, "a", 0), (50, "b", 25), (75, "c", 50)], "send send send"),
            ("something was sent just now", [(25, "a", 24), (50, "b", 40)], "- -"),
            ("nothing to do", [(25, None, 0), (100, None, 0), (500, None, 0), (525, "a", 500)], "- - - send"),
            ("no progress", [(25, "a", 0), (50, "a", 25), (99, "a", 25), (100, "a", 25)], "send - - hangs"),
            ("progress at the last moment", [(25, "a", 0), (99, "b", 25), (173, "b", 99), (174, "b", 99)], "send send - hangs"),
        ):
            with self.subTest(name):
                look = Looks(100, 0)
                seen = [look.at(*args) for args in looks]
                self.assertEqual(" ".join({(False, False): "-", (True, False): "send", (False, True): "hangs"}[s] for s in seen), want)

    def test_metrics_facts_and_outputs_arrive(self) -> None:
        result = run(plugin(
            sdk.Timed(step=lambda: None, units=4), metrics={"size": 8}, facts={"mlx": "0.30"}, outputs={"y": "abc"},
            sample_metrics=lambda: {"size": 9}, check=lambda: [sdk.below("late", 0, 1)],
        ))
        self.assertEqual((result.metrics, result.facts, result.outputs), ({"size": 8}, {"mlx": "0.30"}, {"y": "abc"}))
        self.assertEqual((result.samples["work"][0].metrics, result.checks[-1].name), ({"size": 9}, "late"))


class Calls(unittest.TestCase):
    def test_the_device_of_an_author(self) -> None:
        def open_device(kind: str, index: int) -> sdk.Device:
            if kind == "cuda":
                raise sdk.Diagnostic("no NVIDIA GPU")
            return sdk.Device(
                kind, "made", index=index, memory=lambda: sdk.Memory(5, 9), facts={"mlx": "0.30"},
                yardsticks={"stream": lambda: sdk.Moved(10, 20)})

        made = plugin(sdk.Timed(step=lambda: None))
        made.devices, made.open_device = ["cuda", "cpu"], open_device
        with Host(made) as host:
            device = host.open()
            self.assertEqual((device.kind, dict(device.facts), list(device.yardsticks)), ("cpu", {"mlx": "0.30"}, ["stream"]))
            moved = host._service.MeasureYardstick(pb.MeasureYardstickRequest(yardstick="stream"))
            self.assertEqual((moved.bytes, moved.ns), (10, 20))
        for kind, says in (("cuda", "no NVIDIA GPU"), ("apple", "plugin does not run on apple: It runs on cuda, cpu.")):
            with Host(made) as host, self.assertRaisesRegex(sdk.Diagnostic, says):
                host.open(kind)

    def test_validate_and_declare(self) -> None:
        made = plugin(sdk.Timed(step=lambda: None))
        made.validate = lambda c: [sdk.Diagnostic("n is odd", path="n")] if c.n % 2 else []
        made.declare = lambda c: ([sdk.Phase(f"part{c.n}", "a part", "call")], [])
        made.starts = lambda c: [sdk.Command(["./x", str(c.n)])]
        with Host(made) as host:
            self.assertEqual([d.path for d in host.validate({"n": 3})], ["n"])
            self.assertEqual(host.phases({"n": 4}), ["work", "part4"])
            answer = host._service.ValidateConfig(pb.ValidateConfigRequest(config_json=b'{"n":4}'))
            self.assertEqual([list(c.argv) for c in answer.starts], [["./x", "4"]])

    def test_propose(self) -> None:
        def propose(results: sdk.search.Results[Config]) -> sdk.search.Proposal[Config]:
            first = results.results[0]
            return sdk.search.Proposal(
                next=[sdk.search.Next("more", Config(n=first.config.n + 1), "why not")],
                findings=[sdk.search.Finding("knee", first.phases["work"].speed(), data={"n": 1})])

        made = plugin(sdk.Timed(step=lambda: None))
        made.propose = propose
        with Host(made) as host:
            self.assertEqual(list(host.describe().capabilities), [1])
            answer = host._service.Propose(pb.ProposeRequest(results=[pb.Result(
                name="base", config_json=b'{"n":4}', phases={"work": pb.PhaseResult(ratio=1.25, lower=1.2)})]))
        self.assertEqual([(p.name, p.config_json) for p in answer.proposals], [("more", b'{"n": 5}')])
        self.assertEqual((answer.findings[0].summary, answer.findings[0].data_json), ("1.250× [interval unknown]", b'{"n": 1}'))

    def test_generators_of_one_seed_are_unrelated_and_the_same_again(self) -> None:
        drawn: list[tuple[float, float, int]] = []

        def prepare(req: sdk.Request[Config]) -> sdk.Prepared:
            drawn.append((req.rng("a").random(), req.rng("b").random(), req.copies(1 << 50)))
            return sdk.Prepared(phases={"work": sdk.Timed(step=lambda: None)})

        made = plugin(sdk.Timed())
        made.prepare = prepare
        with Host(made) as host:
            host.open()
            for handle, seed in (("1", 1), ("2", 1), ("3", 2)):
                host.prepare(handle=handle, seed=seed)
        self.assertEqual(drawn[0], drawn[1])
        self.assertEqual(len({x for a, b, _ in drawn for x in (a, b)}), 4)
        self.assertEqual(drawn[0][2], 1)


if __name__ == "__main__":
    unittest.main()
