"""Writes reference.json beside it: what scipy and statsmodels say of the
samples that the tests of core/stats use.

    python -m venv v && v/bin/pip install scipy statsmodels && v/bin/python reference.py

Signed-rank p-values: scipy.stats.wilcoxon(method="exact") (R's wilcox.test with
exact=TRUE gives the same). Bounds: the largest and smallest centre that those
tests do not reject, searched over the Walsh averages. Tail probabilities for
large n: Python's integers, so exact before the final division.
"""
import itertools
import json
import os
import random
from fractions import Fraction

import numpy as np
import scipy
import statsmodels
from scipy import stats
from statsmodels.stats.multitest import multipletests

rng = random.Random(20260901)


def p_value(d, c, side):
    return float(stats.wilcoxon(np.array(d) - c, alternative=side, method="exact").pvalue)


def walsh(d):
    return sorted((a + b) / 2 for a, b in itertools.combinations_with_replacement(d, 2))


def bounds(d, alpha):
    """Inverts the scipy test. Between two Walsh averages the test is constant,
    so testing the midpoints between neighbours finds the step."""
    w = walsh(d)
    lo = hi = None
    mids = [w[0] - 1] + [(a + b) / 2 for a, b in zip(w, w[1:])] + [w[-1] + 1]
    for k, m in enumerate(mids):
        if p_value(d, m, "greater") > alpha:
            lo = w[k - 1] if k > 0 else None
            break
    for k in range(len(mids) - 1, -1, -1):
        if p_value(d, mids[k], "less") > alpha:
            hi = w[k] if k < len(w) else None
            break
    return lo, hi


paired = []
for n in (1, 2, 4, 5, 6, 8, 9, 12, 16, 24, 40):
    d = [round(rng.gauss(-0.004, 0.01), 9) for _ in range(n)]
    case = {"d": d, "hl": float(np.median(walsh(d))), "tests": [], "bounds": []}
    for c in (-0.0200001, -0.0100003, 0.0000001, 0.0100003):
        case["tests"].append({"c": c, "greater": p_value(d, c, "greater"), "less": p_value(d, c, "less")})
    for alpha in (0.05, 0.025, 0.0125, 0.001):
        lo, hi = bounds(d, alpha)
        case["bounds"].append({"alpha": alpha, "lower": lo, "upper": hi})
    paired.append(case)


def tail(n, w):
    count = [1] + [0] * (n * (n + 1) // 2)
    for k in range(1, n + 1):
        for s in range(len(count) - 1, k - 1, -1):
            count[s] += count[s - k]
    return float(Fraction(sum(count[: w + 1]), 2**n))


tails = [{"n": n, "w": w, "p": tail(n, w)} for n, w in
         ((1, 0), (5, 0), (8, 3), (8, 5), (10, 10), (24, 91), (24, 40), (50, 466), (100, 2000), (200, 0), (200, 5000), (200, 8700), (200, 10050))]

holm = []
for p in ([0.01, 0.02, 0.03, 0.04, 0.05], [0.001, 0.011, 0.02, 0.6], [0.04], [0.013, 0.012, 0.2], [0.01, 0.01, 0.04, 0.045]):
    reject, _, _, _ = multipletests(p, alpha=0.05, method="holm")
    holm.append({"p": p, "rejected": [bool(r) for r in reject]})

mw = []
for n, m, shift in ((4, 4, 0), (5, 6, 2), (8, 8, 1), (8, 8, 5), (12, 9, 1.5)):
    x = [round(rng.gauss(100, 2), 6) for _ in range(n)]
    y = [round(rng.gauss(100 + shift, 2), 6) for _ in range(m)]
    mw.append({"x": x, "y": y, "p": float(stats.mannwhitneyu(x, y, method="exact").pvalue)})

median = []
for n in (5, 6, 8, 15, 24):
    x = [round(rng.gauss(100, 2), 6) for _ in range(n)]
    s = sorted(x)
    k = 0  # the largest k with 2·P(Binomial(n, 1/2) < k) <= 0.05
    while 2 * stats.binom.cdf(k, n, 0.5) <= 0.05:
        k += 1
    # benchmath may take one end a step further in while the coverage allows it.
    cover = {f"{i},{j}": float(stats.binom.cdf(j - 1, n, 0.5) - stats.binom.cdf(i - 1, n, 0.5))
             for i in (k, k + 1) for j in (n + 1 - k, n - k)} if k else {}
    median.append({"x": x, "median": float(np.median(x)),
                   "low": s[k - 1] if k else None, "high": s[n - k] if k else None, "coverage": cover})

spent = [{"t": t, "alpha": a,
          "pocock": float(a * np.log(1 + (np.e - 1) * t)),
          "obrien-fleming": float(2 - 2 * stats.norm.cdf(stats.norm.ppf(1 - a / 2) / np.sqrt(t)))}
         for t in (1 / 3, 0.5, 2 / 3, 1) for a in (0.05, 0.01)]

plan = []
for sigma, delta, alpha, power in ((0.01, 0.01, 0.05, 0.8), (0.02, 0.01, 0.05, 0.8), (0.05, 0.01, 0.05, 0.8), (0.001, 0.01, 0.05, 0.8), (0.01, 0.01, 0.01, 0.95)):
    z = stats.norm.ppf(1 - alpha) + stats.norm.ppf(power)
    plan.append({"sigma": sigma, "delta": delta, "alpha": alpha, "power": power,
                 "rounds": max(int(np.ceil(z**2 * sigma**2 / delta**2 * np.pi / 3)), int(np.ceil(-np.log2(alpha))))})

out = {"versions": {"scipy": scipy.__version__, "statsmodels": statsmodels.__version__},
       "paired": paired, "tails": tails, "holm": holm, "mann_whitney": mw, "median": median,
       "spending": spent, "planning": plan}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "reference.json"), "w") as f:
    json.dump(out, f, indent=1)
    f.write("\n")
