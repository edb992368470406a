"""The configuration: schema, from JSON, to JSON, and what is wrong with a dataclass."""

from __future__ import annotations

import json
import unittest
from dataclasses import dataclass
from typing import Any

from assay_sdk import Diagnostic, _proto as pb, arg
from assay_sdk._schema import Object
from assay_sdk._value import parse_path, path_text


@dataclass
class Layer:
    bits: int = arg(4, help="bits of a weight", oneof=(2, 4, 8))
    scale: float | None = arg(help="of its weights")


@dataclass
class Step:
    run: list[str] = arg(help="program and arguments")


@dataclass
class Config:
    n: int = arg(help="elements", min=1, max=1e6)
    dtype: str = arg("float32", help="type of an element", oneof=("float32", "float16"))
    eps: float = arg(1e-6, help="added")
    cold: bool = arg(True, help="or not")
    names: list[str] = arg(["a"], help="some")
    weights: dict[str, float] | None = arg(help="by name")
    prompt: str | None = arg(help="a file", path=True)
    first: Layer = arg(help="one block")
    last: Layer | None = arg(help="a block that may be absent")
    layer: list[Layer] = arg(help="repeated", min=1, max=3)
    phase: dict[str, Step] = arg(help="by label", label="name")
    lambda_: float = arg(1, help="a word of Python's", name="lambda")


GIVEN: dict[str, Any] = {
    "n": 3, "names": ["x"], "weights": {"up": 2}, "layer": [{}, {"bits": 8, "scale": 1}], "phase": {"a b": {"run": ["./x"]}},
}


class Schema(unittest.TestCase):
    def test_attributes_are_as_declared(self) -> None:
        block = Object(Config).proto()
        seen = {
            a.name: (a.type, a.required, a.integer, a.default_json, list(a.one_of_json), a.path) for a in block.attributes
        }
        self.assertEqual(seen, {
            "n": ("number", True, True, "", [], False),
            "dtype": ("string", False, False, '"float32"', ['"float32"', '"float16"'], False),
            "eps": ("number", False, False, "1e-06", [], False),
            "cold": ("bool", False, False, "true", [], False),
            "names": ("list(string)", False, False, '["a"]', [], False),
            "weights": ("map(number)", False, False, "", [], False),
            "prompt": ("string", False, False, "", [], True),
            "lambda": ("number", False, False, "1", [], False),
        })
        n = block.attributes[0]
        self.assertEqual((n.min, n.max, n.description), (1, 1e6, "elements"))
        self.assertFalse(block.attributes[1].HasField("min"))

    def test_blocks_are_as_declared(self) -> None:
        blocks = {b.type_name: (b.min_items, b.max_items, b.label_name) for b in Object(Config).proto().blocks}
        self.assertEqual(blocks, {"first": (0, 1, ""), "last": (0, 1, ""), "layer": (1, 3, ""), "phase": (0, 0, "name")})

    def test_what_is_decoded_is_typed_and_encodes_to_the_same(self) -> None:
        schema = Object(Config)
        canonical = schema.canonical(GIVEN)
        config, found = schema.decode(json.dumps(canonical).encode())
        self.assertEqual(found, [])
        self.assertEqual(config, Config(
            n=3, names=["x"], weights={"up": 2.0}, first=Layer(), layer=[Layer(), Layer(bits=8, scale=1.0)],
            phase={"a b": Step(run=["./x"])}, lambda_=1.0,
        ))
        self.assertIsInstance(config.weights["up"], float)
        self.assertEqual(schema.encode(config), canonical)

    def test_a_block_that_is_left_out_has_its_defaults(self) -> None:
        for given in (None, {"bits": 4, "scale": None}):
            config, found = Object(Config).decode(json.dumps({**Object(Config).canonical(GIVEN), "first": given, "last": None}).encode())
            self.assertEqual((found, config.first, config.last), ([], Layer(), None))

    def test_other_spellings_of_whole_numbers(self) -> None:
        for text, want in (("4.0", 4), ("1e3", 1000), ("-7", -7), ("123456789012345678901", 123456789012345678901)):
            config, found = Object(Layer).decode(b'{"bits":' + text.encode() + b',"scale":null}')
            self.assertEqual((found, config.bits, type(config.bits)), ([], want, int))

    def test_what_does_not_fit_is_a_fault_at_its_place(self) -> None:
        for change, path, summary in (
            ({"n": "3"}, "n", "a number is needed"),
            ({"n": 2.5}, "n", "a whole number is needed"),
            ({"n": 1e300}, "n", "the number is too large"),
            ({"n": True}, "n", "a number is needed"),
            ({"n": None}, "n", "n has no value"),
            ({"eps": 10**400}, "eps", "the number is too large"),
            ({"cold": 1}, "cold", "a bool is needed"),
            ({"names": ["a", 1]}, "names[1]", "a string is needed"),
            ({"weights": {'u"p': "x"}}, 'weights["u\\"p"]', "a number is needed"),
            ({"weights": []}, "weights", "a map(number) is needed"),
            ({"layer": {}}, "layer", "a list of blocks is needed"),
            ({"layer": [{"bits": 4}, {"bits": []}]}, "layer[1].bits", "a number is needed"),
            ({"phase": {"x": None}}, 'phase["x"]', "an object is needed"),
            ({"phase": {"x": {"run": [None]}}}, 'phase["x"].run[0]', "a string is needed"),
        ):
            with self.subTest(change=change):
                schema = Object(Config)
                given = {**schema.canonical(GIVEN), **change}
                config, found = schema.decode(json.dumps(given).encode())
                self.assertIsNone(config)
                self.assertEqual([(d.path, d.summary) for d in found], [(path, summary)])
                self.assertEqual(path_text(parse_path(path)), path)

    def test_no_json_is_a_fault_and_no_exception(self) -> None:
        for text in (b"", b"{", b"null", b"[]", b"7", b'{"n": NaN}', b"\xff", b"[" * 100_000):
            config, found = Object(Config).decode(text)
            self.assertIsNone(config)
            self.assertIn(found[0].code, ("config_json", "config_type"))

    def test_paths(self) -> None:
        self.assertEqual([s.WhichOneof("step") for s in parse_path('a[2].b["x.y"]')], ["name", "index", "name", "key"])
        for wrong in (".a", "a.", "a..b", "[1]", "a[", "a[x]", 'a["x]', "a b[]"):
            with self.subTest(wrong), self.assertRaises(ValueError):
                parse_path(wrong)

    def test_a_dataclass_that_cannot_be_a_configuration(self) -> None:
        for annotation, field, says in (
            (complex, arg(help=""), "type complex cannot be configured"),
            (int | str, arg(help=""), "cannot be configured"),
            (list, arg(help=""), "type list cannot be configured"),
            (int, arg("4"), "default: '4' is not a number"),
            (int, arg(4, oneof=(1, "2")), "oneof: '2' is not a number"),
            (list[str], arg(["a"], oneof=("a",)), "oneof belongs to strings, numbers and bools"),
            (int, arg(4, label="name"), "label belongs to dict[str, a dataclass]"),
            (dict[str, Layer], arg(), "which needs one"),
            (int, arg(4, name="Bits"), "must be lower case"),
            (int, arg(4, min=float("nan")), "min=nan is not a number"),
        ):
            with self.subTest(says):
                made: Any = dataclass(type("Made", (), {"__annotations__": {"x": annotation}, "x": field}))
                with self.assertRaisesRegex(TypeError, "field x of Made: "):
                    Object(made)
                try:
                    Object(made)
                except TypeError as e:
                    self.assertIn(says, str(e))
        with self.assertRaisesRegex(TypeError, "a block has no default"):
            arg(Layer())
        with self.assertRaisesRegex(TypeError, "is not a dataclass; write @dataclass above it"):
            Object(int)

    def test_a_diagnostic_reads_as_one_line(self) -> None:
        self.assertEqual(str(Diagnostic("too small", "Use 1.", path="n")), "n: too small: Use 1.")


class Protocol(unittest.TestCase):
    def test_every_message_is_there(self) -> None:
        self.assertEqual(pb.Sample(seq=1).SerializeToString(), b"\x08\x01")
        with self.assertRaises(AttributeError):
            pb.Nothing  # noqa: B018


if __name__ == "__main__":
    unittest.main()
