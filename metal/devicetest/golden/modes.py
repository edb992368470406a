"""Writes testdata/modes_{f32,f16,bf16}.safetensors: what MLX's CPU backend makes of
weights in its modes of small floats.

    python modes.py          writes the files and their lines of SHA256SUMS
    python modes.py --check  compares them with what this MLX gives

Needs the packages mlx and mlx-cpu; `make test-foreign` installs them and checks.
"""

import hashlib
import json
import math
import sys
from pathlib import Path

import mlx.core as mx

FOLDER = Path(__file__).parent / "testdata"
MODES = ("mxfp4", "mxfp8", "nvfp4")
TYPES = {"f32": mx.float32, "f16": mx.float16, "bf16": mx.bfloat16}
K, EXPERTS = 256, 4
MASK = (1 << 64) - 1


def stream(seed, n, scale):
    """splitmix64's high 24 bits as numbers in [-scale, scale)."""
    out, state = [], seed
    for _ in range(n):
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ z >> 27) * 0x94D049BB133111EB) & MASK
        out.append((((z ^ z >> 31) >> 40) / 2**23 - 1) * scale)
    return out


def edges(dtype):
    """Rows of what rounds in special ways."""
    small, large = (2**-20, 3e4) if dtype == mx.float16 else (2**-90, 2.0**90)
    noise = stream(7, K, 1)
    ties = [(i % 33 - 16) * 0.375 for i in range(K)]  # halves between codes of 4 bits, largest 6
    fine = [448.0 if i % 32 == 0 else (-1) ** i * (17 + i % 16 + 0.5) * 2.0 ** (i % 7 - 4) for i in range(K)]
    steps = [2.0 ** (i // 16 - 8) * math.sqrt(2) * 6 * (1 if i % 16 == 0 else noise[i]) for i in range(K)]
    return [
        [0.0] * K,
        [-0.0] * K,
        [1.0] * K,
        [-1.5] * K,
        ties,
        fine,
        steps,
        [v * small for v in noise],
        [v * large for v in noise],
        [100.0 if i % 64 == 5 else v * 0.01 for i, v in enumerate(noise)],
        [abs(v) for v in noise],
        [-abs(v) - 3 for v in noise],
    ]


def tensors(dtype):
    random = stream(42, 8 * K, 0.1)
    rows = [random[i * K : (i + 1) * K] for i in range(8)] + edges(dtype)
    w = mx.array(rows, dtype=mx.float32).astype(dtype)
    x = mx.array(stream(3, 3 * K, 1), dtype=mx.float32).reshape(3, K).astype(dtype)
    out = {"w": w, "x": x}
    for mode in MODES:
        wq, scales = mx.quantize(w, mode=mode)
        out[f"{mode}.wq"], out[f"{mode}.scales"] = wq, scales
        out[f"{mode}.deq"] = mx.dequantize(wq, scales, mode=mode, dtype=dtype)
        if dtype == mx.float32:  # other types accumulate in themselves
            a, b = wq[:8], scales[:8]
            out[f"{mode}.y"] = mx.quantized_matmul(x, a, b, mode=mode)
            out[f"{mode}.gather"] = mx.gather_qmm(
                x[:, None, :],
                a.reshape(EXPERTS, -1, a.shape[-1]),
                b.reshape(EXPERTS, -1, b.shape[-1]),
                rhs_indices=mx.array([2, 0, 3]),
                mode=mode,
            )
    mx.eval(out)
    return out


def main():
    mx.set_default_device(mx.cpu)
    sums = FOLDER / "SHA256SUMS"
    lines = [line for line in sums.read_text().splitlines() if "  modes_" not in line]
    for name, dtype in TYPES.items():
        path = FOLDER / f"modes_{name}.safetensors"
        now = tensors(dtype)
        if "--check" in sys.argv[1:]:
            was = mx.load(str(path))
            if was.keys() != now.keys():
                sys.exit(f"{path}: has {sorted(was)}, MLX {mx.__version__} gives {sorted(now)}")
            for key in was:
                same = mx.array_equal(*(mx.view(t, mx.uint8) for t in (was[key], now[key]))).item()
                if not same:
                    sys.exit(f"{path}: MLX {mx.__version__} gives another {key}")
            continue
        meta = {"op": "quantize", "mlx": mx.__version__, "inputs": json.dumps([])}
        mx.save_safetensors(str(path), now, metadata=meta)
        lines.append(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}")
    if "--check" in sys.argv[1:]:
        print(f"MLX {mx.__version__} gives the same of {len(MODES)} modes in {len(TYPES)} types")
    else:
        sums.write_text("\n".join(sorted(lines, key=lambda line: line.split()[1])) + "\n")


main()
