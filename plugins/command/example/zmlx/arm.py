"""One arm of bench_e2e.py, made of that script's own functions."""

import sys

import bench_e2e as bench

model, tokenizer = bench.load_model(sys.argv[2])
if sys.argv[1] == "patched":
    bench.apply_zmlx_patch(model)
bench.bench_config(model, tokenizer, sys.argv[1], num_runs=3, max_tokens=100)
