#!/usr/bin/env python3
"""Stands in for ZMLX's bench_moe_e2e.py: the functions, the arguments and the lines of
that script, around a model that is a few sums. Nothing of it needs MLX."""

import argparse
import json
import statistics
import time

PROMPT = "What is a mixture of experts?"


def load_model(path):
    print(f"  Loading {path} ...")
    return {"path": path, "step": step_by_step}, str.split


def step_by_step(x, n):
    total = 0
    for i in range(n):
        total += (x + i) % 7
    return total


def in_one(x, n):
    return sum((x + i) % 7 for i in range(n))


def apply_zmlx_patch(model, *, verbose=True):
    model["step"] = in_one
    if verbose:
        print("  Patched 1 module")


def timed_generate(model, tokenizer, prompt, max_tokens):
    started = time.perf_counter()
    for _ in tokenizer(prompt):
        model["step"](0, 2000)
    prompted = time.perf_counter()
    for i in range(max_tokens):
        model["step"](i, 2000)
    ended = time.perf_counter()
    return {
        "prompt_tokens": len(tokenizer(prompt)), "prompt_tps": len(tokenizer(prompt)) / (prompted - started),
        "gen_tokens": max_tokens, "gen_tps": max_tokens / (ended - prompted), "peak_memory_gb": 17.25,
    }


def bench_config(model, tokenizer, label, num_runs, max_tokens):
    print(f"\n  --- {label} ---")
    timed_generate(model, tokenizer, "Hi", 5)
    runs = []
    for i in range(num_runs):
        m = timed_generate(model, tokenizer, PROMPT, max_tokens)
        runs.append(m)
        print(f"    Run {i + 1}/{num_runs}: prompt={m['prompt_tps']:.1f} tok/s, gen={m['gen_tps']:.1f} tok/s, mem={m['peak_memory_gb']:.2f} GB")
    return {
        "label": label, "runs": runs, "median_prompt_tps": statistics.median(r["prompt_tps"] for r in runs),
        "median_gen_tps": statistics.median(r["gen_tps"] for r in runs), "peak_memory_gb": max(r["peak_memory_gb"] for r in runs),
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="example/Alpha-30B-A3B-4bit")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--max-tokens", type=int, default=100)
    parser.add_argument("--json-out")
    args = parser.parse_args()
    results = []
    for label, patch in (("Baseline", False), ("ZMLX + fused SwiGLU", True)):
        model, tokenizer = load_model(args.model)
        if patch:
            apply_zmlx_patch(model)
        results.append(bench_config(model, tokenizer, label, args.runs, args.max_tokens))
    print(f"\n{'Config':<35} {'Prompt tok/s':>14} {'Decode tok/s':>14} {'Memory GB':>12}")
    for r in results:
        print(f"{r['label']:<35} {r['median_prompt_tps']:>14.1f} {r['median_gen_tps']:>14.1f} {r['peak_memory_gb']:>12.2f}")
    if args.json_out:
        with open(args.json_out, "w") as f:
            json.dump({"model": args.model, "runs": args.runs, "max_tokens": args.max_tokens, "results": results}, f)


if __name__ == "__main__":
    main()
