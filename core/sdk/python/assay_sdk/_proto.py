"""The messages of core/proto/pluginv1/plugin.proto, as classes.

They are made at import from plugin.binpb, the compiled form of that file, which
generate.sh writes. Code that protoc generates is bound to a range of protobuf
runtimes; a descriptor works with each that has message_factory (5, 6, 7).
"""

from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PACKAGE = "assay.plugin.v1"


def _load() -> dict[str, Any]:
    files = descriptor_pb2.FileDescriptorSet.FromString(Path(__file__).with_name("plugin.binpb").read_bytes())
    pool = descriptor_pool.DescriptorPool()  # its own, so that no other package of the process is in the way
    for file in files.file:
        pool.AddSerializedFile(file.SerializeToString())
    classes = message_factory.GetMessageClassesForFiles([f.name for f in files.file], pool)
    return {name.removeprefix(PACKAGE + "."): c for name, c in classes.items()}


_classes = _load()


def __getattr__(name: str) -> Any:
    try:
        return _classes[name]
    except KeyError:
        raise AttributeError(f"{PACKAGE} has no message {name}") from None
