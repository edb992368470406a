"""The protocol over gRPC on a Unix socket. The connection is in the clear, and the
folder of the socket, which the host made, can be entered by this user only."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

os.environ.setdefault("GRPC_VERBOSITY", "ERROR")  # before gRPC is loaded: its notes are not the author's
import grpc

from . import _proto as pb
from ._lane import Lane
from ._service import Service
from .errors import Broken, broken

_MOST_MESSAGE = 16 << 20


def start(service: Service, lane: Lane, path: str) -> Any:
    server = grpc.server(
        ThreadPoolExecutor(8, thread_name_prefix="assay calls"),
        options=[("grpc.max_receive_message_length", _MOST_MESSAGE), ("grpc.max_send_message_length", _MOST_MESSAGE)],
    )

    def unary(name: str) -> Any:
        return grpc.unary_unary_rpc_method_handler(_answers(getattr(service, name)), *_codec(name))

    methods = {name: unary(name) for name in ("Describe", "ValidateConfig", "OpenDevice", "MeasureYardstick", "ReleaseCase", "Propose")}
    methods["PrepareCase"] = grpc.unary_stream_rpc_method_handler(
        _streams(service.PrepareCase), *_codec("PrepareCase"))
    methods["Measure"] = grpc.stream_stream_rpc_method_handler(
        _streams(service.Measure), *_codec("Measure"))

    def shutdown(request: bytes, context: Any) -> bytes:
        lane.close()
        return b""

    server.add_generic_rpc_handlers((
        grpc.method_handlers_generic_handler(pb.PACKAGE + ".Plugin", methods),
        grpc.method_handlers_generic_handler("plugin.GRPCController", {
            "Shutdown": grpc.unary_unary_rpc_method_handler(shutdown),
        }),
    ))
    server.add_insecure_port("unix:" + path)
    server.start()
    return server


def _codec(call: str) -> tuple[Any, Any]:
    return getattr(pb, call + "Request").FromString, getattr(pb, call + "Response").SerializeToString


def _answers(method: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    def call(request: Any, context: Any) -> Any:
        try:
            return method(request)
        except BaseException as e:
            _abort(context, method, e)

    return call


def _streams(method: Callable[[Any], Iterator[Any]]) -> Callable[[Any, Any], Iterator[Any]]:
    def call(request: Any, context: Any) -> Iterator[Any]:
        try:
            yield from method(request)
        except GeneratorExit:
            raise
        except BaseException as e:
            _abort(context, method, e)

    return call


def _abort(context: Any, method: Callable[..., Any], e: BaseException) -> None:
    status = e if isinstance(e, Broken) else broken(method.__name__, e)
    context.abort(grpc.StatusCode[status.code], str(status))
