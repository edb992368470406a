"""Replays the recorded conversations of core/proto/vectors over gRPC, without a host."""

from __future__ import annotations

import json
import logging
import queue
import tempfile
import threading
import unittest
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import json_format
from vectors_plugin import PLUGIN

from assay_sdk import _proto as pb
from assay_sdk._lane import Lane
from assay_sdk._service import Service
from assay_sdk._wire import start

VECTORS = Path(__file__).parents[3] / "proto" / "vectors"


class Replay:
    """One conversation with the plugin at the other end of channel."""

    def __init__(self, channel: Any) -> None:
        self.channel = channel
        self.call = ""  # that is open, or was the last one
        self.sent: queue.SimpleQueue[Any] = queue.SimpleQueue()  # None: the host has no more to say
        self.answers: Any = None

    def line(self, line: dict[str, Any]) -> None:
        if "host" in line:
            self.host(line)
        elif "plugin" in line:
            self.plugin(line)
        elif "end" in line:
            self.end(line)

    def host(self, line: dict[str, Any]) -> None:
        call, visit = line["call"], line["call"] == "Measure"
        if not visit or self.call != call or "start" in line["host"]:
            self.sent.put(None)
            self.sent = queue.SimpleQueue()
            self.answers = self.channel.stream_stream(
                f"/{pb.PACKAGE}.Plugin/{call}", request_serializer=getattr(pb, call + "Request").SerializeToString,
                response_deserializer=getattr(pb, call + "Response").FromString)(iter(self.sent.get, None), timeout=300)
        self.call = call
        self.sent.put(json_format.ParseDict(line["host"], getattr(pb, call + "Request")()))
        if not visit:
            self.sent.put(None)

    def plugin(self, line: dict[str, Any]) -> None:
        want = json_format.ParseDict(line["plugin"], getattr(pb, line["call"] + "Response")())
        got = next(self.answers)
        while passing(got) and not passing(want):
            got = next(self.answers)
        for path in line.get("varies", []):
            assert cleared(got, path), f"{path} is not set in {got}"
        for path in line.get("optional", []):
            cleared(got, path)
        as_json(got)
        as_json(want)
        assert got == want, f"the plugin says\n{got}\nwant\n{want}"

    def end(self, line: dict[str, Any]) -> None:
        ended = "ok"
        try:
            for more in self.answers:
                assert passing(more), f"it goes on with {more}"
        except grpc.RpcError:
            ended = "error"
        assert ended == line["end"], f"it ended with {ended}, want {line['end']}"


def passing(message: Any) -> bool:
    """Whether it may come at any time, in any number."""
    return message.DESCRIPTOR.oneofs_by_name.get("event") is not None and message.WhichOneof("event") in ("progress", "heartbeat")


def cleared(message: Any, path: str) -> bool:
    """Takes the field at a path away, and says whether it was set."""
    name, _, rest = path.partition(".")
    for field, value in message.ListFields():
        if field.json_name == name:
            if rest:
                return cleared(value, rest)
            message.ClearField(field.name)
            return True
    return False


def as_json(message: Any) -> None:
    """Writes every field that holds JSON in one way."""
    for field, value in message.ListFields():
        if field.name.endswith("_json"):
            if isinstance(value, str):
                setattr(message, field.name, canonical(value))
            elif isinstance(value, bytes):
                setattr(message, field.name, canonical(value).encode())
            else:
                value[:] = [canonical(item) for item in value]
        elif field.message_type is not None and not field.message_type.GetOptions().map_entry:
            for each in [value] if hasattr(value, "DESCRIPTOR") else value:
                as_json(each)


def canonical(text: str | bytes) -> str:
    return json.dumps(json.loads(text, parse_int=float), sort_keys=True)


class Vectors(unittest.TestCase):
    def test_the_sdk_answers_as_recorded(self) -> None:
        files = sorted(VECTORS.glob("*.jsonl"))
        self.assertGreater(len(files), 10)
        for file in files:
            with self.subTest(file.name), tempfile.TemporaryDirectory() as folder:
                lane = Lane()
                threading.Thread(target=lane.serve, daemon=True).start()
                server = start(Service(PLUGIN, lane, logging.getLogger("vectors")), lane, folder + "/s")
                with grpc.insecure_channel(f"unix:{folder}/s") as channel:
                    replay = Replay(channel)
                    for number, line in enumerate(map(json.loads, file.read_text().splitlines()), 1):
                        try:
                            replay.line(line)
                        except (AssertionError, grpc.RpcError, StopIteration) as e:
                            self.fail(f"{file.name}:{number}: {e}")
                    replay.sent.put(None)
                server.stop(grace=None).wait()
                lane.close()


if __name__ == "__main__":
    unittest.main()
