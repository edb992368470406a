"""What needs no MLX: configurations, and what is said where MLX is not there."""

import sys
import unittest
from unittest import mock

import assay_sdk as sdk
from assay_mlx import _engine
from assay_mlx._plugin import plugin
from assay_sdk import testing


def said(config):
    with testing.Host(plugin()) as host:
        return [(d.path, d.code) for d in host.validate(config)]


class Configurations(unittest.TestCase):
    def test_faults_name_their_argument(self):
        for config, want in (
            ({}, [("", "one_part")]),
            ({"op": {}, "model": {"config": "x"}}, [("", "one_part")]),
            ({"op": {}}, []),
            ({"op": {"layers": 49}}, [("op.layers", "bad_layers")]),
            ({"block": {"shapes": "tiny", "experts": 1}}, [("block.experts", "bad_experts")]),
            ({"op": {"name": "quantized_matmul", "sort": True}}, [("op.sort", "not_of_op")]),
            ({"op": {"rows": 8}}, [("op.rows", "not_of_op")]),
            ({"model": {}}, [("model", "one_source")]),
            ({"model": {"path": "a", "config": "b"}}, [("model", "one_source")]),
            ({"model": {"path": "a", "patch": "module"}}, [("model.patch", "bad_patch")]),
        ):
            with self.subTest(config=config):
                self.assertEqual(said(config), want)


class Missing(unittest.TestCase):
    def test_mlx_is_named_with_the_command_that_installs_it(self):
        with mock.patch.dict(sys.modules, {"mlx": None, "mlx.core": None}), testing.Host(plugin()) as host:
            with self.assertRaises(sdk.Diagnostic) as caught:
                host.open("cpu")
        self.assertEqual(caught.exception.code, "mlx_missing")
        self.assertIn(f"{sys.executable} -m pip install ", caught.exception.detail)

    def test_another_package_is_named_as_pip_knows_it(self):
        d = _engine.missing("mlx-lm", ImportError("no module"))
        self.assertTrue(d.detail.endswith(f"{sys.executable} -m pip install mlx-lm"), d.detail)


if __name__ == "__main__":
    unittest.main()
