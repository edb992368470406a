#!/usr/bin/env python3
"""Stands in for ZMLX's bench_gather_qmm_swiglu.py: its lines, around two sums."""

import argparse
import time

SHAPES = [("Small (K=512, N=512)", 500), ("Medium (K=2048, N=1024)", 2000)]


def median_us(f, iters):
    times = []
    for _ in range(iters):
        started = time.perf_counter()
        f()
        times.append((time.perf_counter() - started) * 1e6)
    return sorted(times)[len(times) // 2]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--iters", type=int, default=200)
    args = parser.parse_args()
    results = []
    for label, n in SHAPES:
        print(f"\n{label}:")
        numbers = list(range(n))

        def naive():
            sum([x * x for x in numbers])
            sum([x + x for x in numbers])

        def fused():
            sum([x * x + x + x for x in numbers])

        t_n, t_f = median_us(naive, args.iters), median_us(fused, args.iters)
        print(f"  naive  {t_n:8.1f} us (median of 1)\n  fused  {t_f:8.1f} us (median of 1)\n  => Speedup: {t_n / t_f:.2f}x")
        results.append((label, t_n, t_f))
    print(f"\n{'Config':<40} {'Naive':>10} {'Fused':>10} {'Speedup':>10}")
    for label, t_n, t_f in results:
        print(f"{label:<40} {t_n:>9.1f}us {t_f:>9.1f}us {t_n / t_f:>9.2f}x")


if __name__ == "__main__":
    main()
