"""What needs MLX, of a processor: run in an environment that has it and mlx-lm."""

import importlib.util
import pathlib
import subprocess
import sys
import tempfile
import types
import unittest
from unittest import mock

import assay_sdk as sdk
from assay_mlx import _patch
from assay_mlx._plugin import plugin
from assay_sdk import testing

HERE = all(importlib.util.find_spec(name) is not None for name in ("mlx", "mlx_lm"))
TINY = {"shapes": "tiny", "dtype": "float32", "prompt_tokens": 3}
BODY = "uint i = thread_position_in_grid.x; y[i] = T(2) * x[i];"


def refused(config):
    """The diagnostic of a configuration that cannot be prepared here."""
    try:
        testing.run(plugin(), config, device="cpu")
    except sdk.Diagnostic as d:
        return d.path, d.code
    return None


@unittest.skipUnless(HERE, "there is no mlx, or no mlx-lm, in this environment")
class Ops(unittest.TestCase):
    def test_every_form_gives_what_the_codes_say(self):
        for op in (
            {"form": "separate", "down": True, "bits": 8, "group_size": 32}, {"form": "concatenated", "compile": "none", "bits": 2},
            {"form": "concatenated", "compile": "all", "sort": True, "tokens": 3, "bits": 3, "group_size": 128}, {"layers": 2, "experts": 5, "bits": 5},
            {"name": "quantized_matmul", "rows": 24, "bits": 6}, {"dtype": "bfloat16"},
        ):
            for evaluate in ("async", "each"):
                with self.subTest(op=op, evaluate=evaluate):
                    result = testing.run(plugin(), {"op": {**TINY, **op}, "evaluate": evaluate}, device="cpu")
                    self.assertEqual(len(result.checks), 4)
                    for sample in result.samples["decode"]:
                        self.assertLessEqual(sample.times.device, sample.times.wall)
                        self.assertGreater(sample.times.encode, 0)
                        self.assertGreater(sample.metrics["active_memory"], 0)

    def test_a_build_without_the_fused_op_says_so(self):
        self.assertEqual(refused({"op": {**TINY, "form": "fused"}}), ("op.form", "no_fused_op"))

    def test_a_build_with_the_fused_op_is_given_both_matrices(self):
        import mlx.core as mx

        def fused(x, *planes, rhs_indices, **how):
            gate, up = (mx.gather_qmm(x, *w, rhs_indices=rhs_indices, **how) for w in (planes[:3], planes[3:]))
            return gate * mx.sigmoid(gate) * up

        with mock.patch.object(mx, "gather_qmm_swiglu", fused, create=True):
            testing.run(plugin(), {"op": {**TINY, "form": "fused"}}, device="cpu")

    def test_weights_that_are_wrong_are_noticed(self):
        import mlx.core as mx

        right = mx.gather_qmm
        with mock.patch.object(mx, "gather_qmm", lambda x, w, s, b, **how: right(x, w, s, -b, **how)), self.assertRaises(AssertionError):
            testing.run(plugin(), {"op": TINY}, device="cpu")


@unittest.skipUnless(HERE, "there is no mlx, or no mlx-lm, in this environment")
class Making(unittest.TestCase):
    def test_mlx_counts_what_numpy_counts(self):
        import mlx.core as mx
        import numpy as np
        from assay_mlx import _counted as counted

        for key in (7, (1 << 64) - 1, counted.weights_key(99, 3, counted.UP)):
            for words in (2, 2 * counted._PIECE + 6):
                by_mlx = np.array(counted.codes_by(mx, key, words))
                self.assertTrue((by_mlx == counted.codes(key, words)).all(), (key, words))

    def test_a_matrix_is_the_same_whichever_counts_it(self):
        import mlx.core as mx
        from assay_mlx import _op
        from assay_mlx._config import Experts

        for bits in (2, 3, 4, 5, 6, 8):
            e = Experts(shapes="tiny", bits=bits)
            here = _op.Matrix(e, 3, 16, 128, key=5)
            with mock.patch("assay_mlx._op.backend", lambda: "cuda"):
                there = _op.Matrix(e, 3, 16, 128, key=5)
            for a, b in zip(here.planes, there.planes):
                self.assertTrue(mx.array_equal(a, b), bits)

    def test_rows_are_what_mlx_dequantizes(self):
        import mlx.core as mx
        import numpy as np
        from assay_mlx import _op
        from assay_mlx._config import Experts

        for bits in (2, 3, 4, 5, 6, 8):
            e = Experts(shapes="tiny", bits=bits, dtype="float32", group_size=32)
            w = _op.Matrix(e, 2, 8, 128, key=11)
            want = np.array(mx.dequantize(w.codes[1], w.scales[1], w.biases[1], group_size=32, bits=bits))
            self.assertLess(_op.error(w.rows(1, [0, 3, 7]), want[[0, 3, 7]]), 1e-6, bits)  # MLX computes in float32

    def test_a_checkpoint_is_known_by_its_files(self):
        from assay_mlx import _model

        with tempfile.TemporaryDirectory() as folder:
            weights = pathlib.Path(folder, "model.safetensors")
            pathlib.Path(folder, "config.json").write_text("{}")
            weights.write_bytes(bytes(_model._BLOCK * _model._BLOCKS * 2))
            seen = {_model._contents(pathlib.Path(folder))}
            for at in (0, weights.stat().st_size - 1):
                with weights.open("r+b") as f:
                    f.seek(at)
                    f.write(b"x")
                seen.add(_model._contents(pathlib.Path(folder)))
            pathlib.Path(folder, "config.json").write_text("{ }")
            seen.add(_model._contents(pathlib.Path(folder)))
            self.assertEqual(len(seen), 4)

    def test_mlx_lm_is_imported_without_pytorch(self):
        with tempfile.TemporaryDirectory() as folder:
            package = pathlib.Path(folder, "torch")
            package.mkdir()
            (package / "__init__.py").write_text("__version__ = '9.0'\nimported = True\n")
            code = "import sys; from assay_mlx import _lm; _lm.modules(); assert 'torch' not in sys.modules; import torch; assert torch.imported"
            done = subprocess.run([sys.executable, "-c", f"import sys; sys.path[:0] = {[folder, *sys.path]!r}; {code}"], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)


@unittest.skipUnless(HERE, "there is no mlx, or no mlx-lm, in this environment")
class Kernels(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        path = pathlib.Path(self.folder.name)
        (path / "double.metal").write_text(BODY)
        (path / "doubled.py").write_text("def right(x):\n    return [2 * x]\n\n\ndef wrong(x):\n    return [3 * x]\n")
        tensor = {"shape": [4, 64]}
        self.config = {
            "source": str(path / "double.metal"), "grid": [256], "template": {"T": "float32"}, "input": {"x": tensor}, "output": {"y": tensor},
            "reference": "doubled:right", "modules": self.folder.name,
        }

    def test_it_needs_its_backend(self):
        for language in ("metal", "cuda"):
            self.assertEqual(refused({"kernel": {**self.config, "language": language}}), ("kernel.language", "no_backend"))

    def test_it_is_made_and_called_as_mlx_has_it(self):
        import mlx.core as mx

        def metal_kernel(**given):
            self.assertEqual({k: given[k] for k in ("name", "input_names", "output_names", "source")},
                             {"name": "custom", "input_names": ["x"], "output_names": ["y"], "source": BODY})

            def call(inputs, template, grid, threadgroup, output_shapes, output_dtypes):
                self.assertEqual((template, grid, threadgroup, output_shapes, output_dtypes),
                                 ([("T", mx.float32)], (256, 1, 1), (256, 1, 1), [(4, 64)], [mx.float32]))
                return [2 * inputs[0]]

            return call

        with mock.patch.object(mx.fast, "metal_kernel", metal_kernel), mock.patch("assay_mlx._kernel.backend", lambda: "apple"):
            result = testing.run(plugin(), {"kernel": self.config}, device="cpu")
            self.assertEqual([c.name for c in result.checks], ["call not_finite", "call y"] * 2)
            with self.assertRaises(AssertionError):
                testing.run(plugin(), {"kernel": {**self.config, "reference": "doubled:wrong"}}, device="cpu")
            self.assertEqual(refused({"kernel": {**self.config, "reference": "doubled:none"}}), ("kernel.reference", "reference_missing"))


@unittest.skipUnless(HERE, "there is no mlx, or no mlx-lm, in this environment")
class Patches(unittest.TestCase):
    def setUp(self):
        _patch._APPLIED.clear()
        self.addCleanup(_patch._APPLIED.clear)
        made = types.ModuleType("made_patches")
        made.idle = lambda module: None
        made.scaled = lambda module: setattr(module.down_proj, "scales", 2 * module.down_proj["scales"])
        made.broken = lambda module: module.there_is_no_such_layer
        self.enterContext(mock.patch.dict(sys.modules, {"made_patches": made}))

    def block(self, patch):
        return {"block": {**TINY, "patch": f"made_patches:{patch}"}}

    def test_a_patch_that_does_nothing_is_counted_as_nothing(self):
        self.assertEqual(testing.run(plugin(), self.block("idle"), device="cpu").metrics["patched_modules"], 0)

    def test_a_patch_that_changes_the_output_is_noticed(self):
        with self.assertRaises(AssertionError):
            testing.run(plugin(), self.block("scaled"), device="cpu")

    def test_a_patch_that_is_not_there_is_named(self):
        self.assertEqual(refused(self.block("missing")), ("block.patch", "patch_missing"))

    def test_a_patch_that_fails_is_named_by_the_last_line_of_its_traceback(self):
        with testing.Host(plugin()) as host, self.assertRaisesRegex(Exception, "no attribute 'there_is_no_such_layer'"):
            host.open("cpu")
            host.prepare(self.block("broken"))

    def test_two_patches_do_not_share_a_process(self):
        testing.run(plugin(), {"block": TINY}, device="cpu")
        self.assertEqual(refused(self.block("idle")), ("block.patch", "patch_shared"))


if __name__ == "__main__":
    unittest.main()
