"""Paired tests from SciPy and by counting everything -> test/golden/paired-tests.json.

Run from the repository root: python scripts/golden/paired_tests.py
"""

import itertools
import json
from fractions import Fraction
from math import comb
from pathlib import Path

import numpy as np
import scipy
import sklearn
from scipy import stats
from sklearn.metrics import f1_score


def sign_flip(differences):
    """SciPy's exact permutation test of paired samples against zero."""
    zeros = np.zeros(len(differences))
    result = stats.permutation_test(
        (np.array(differences), zeros),
        lambda a, b, axis: np.mean(a - b, axis=axis),
        permutation_type="samples",
        alternative="two-sided",
        n_resamples=np.inf,
        vectorized=True,
    )
    return {"differences": differences, "p": float(result.pvalue)}


def student(differences):
    result = stats.ttest_1samp(differences, 0)
    interval = result.confidence_interval(0.95)
    return {
        "differences": differences,
        "mean": float(np.mean(differences)),
        "std": float(np.std(differences, ddof=1)),
        "t": float(result.statistic),
        "p": float(result.pvalue),
        "low": float(interval.low),
        "high": float(interval.high),
    }


def mcnemar(only_a, only_b):
    n = only_a + only_b
    p = 1.0 if n == 0 else float(stats.binomtest(only_a, n, 0.5).pvalue)
    exact = min(Fraction(1), 2 * Fraction(sum(comb(n, i) for i in range(min(only_a, only_b) + 1)), 2**n))
    assert abs(p - float(exact)) < 1e-9
    return {"onlyA": only_a, "onlyB": only_b, "p": float(exact)}


def exact_bootstrap(expected, a, b, labels):
    """Every one of the N^N resamples, for runs of a and of b over the same rows."""
    n = len(expected)
    metrics = {"accuracy": [], "macroF1": []}
    for drawn in itertools.product(range(n), repeat=n):
        rows = list(drawn)
        truth = [expected[row] for row in rows]
        values = {"accuracy": [[], []], "macroF1": [[], []]}
        for side, runs in enumerate([a, b]):
            for run in runs:
                guess = [run[row] for row in rows]
                hits = [t == g for t, g in zip(truth, guess, strict=True)]
                values["accuracy"][side].append(np.mean(hits))
                f1 = f1_score(truth, guess, labels=range(labels), average="macro", zero_division=0)
                values["macroF1"][side].append(f1)
        for name, (one, other) in values.items():
            metrics[name].append(np.mean(one) - np.mean(other))
    result = {"expected": expected, "a": a, "b": b, "labels": labels}
    for name, differences in metrics.items():
        d = np.round(np.array(differences), 12)
        result[name] = {
            "mean": float(d.mean()),
            "std": float(d.std()),
            "notAbove": float((d <= 0).mean()),
            "notBelow": float((d >= 0).mean()),
            "low": float(np.quantile(d, 0.025)),
            "high": float(np.quantile(d, 0.975)),
        }
    return result


def main():
    random = np.random.default_rng(20241112)
    lists = [
        [0.021, 0.034, -0.004, 0.015, 0.027],
        [0.01, 0.02, 0.03, 0.04, 0.05],
        [-0.03, 0.01],
        [0.1, -0.2, 0.3, -0.4, 0.5, -0.6, 0.7],
        [float(np.round(x, 6)) for x in random.normal(0.01, 0.02, 12)],
    ]
    degrees = [1, 2, 3, 4, 9, 29, 200]
    golden = {
        "generator": "scripts/golden/paired_tests.py",
        "versions": {
            "scipy": scipy.__version__,
            "scikit-learn": sklearn.__version__,
            "numpy": np.__version__,
        },
        "signFlip": [sign_flip(d) for d in [*lists, [0.02, 0.0, 0.02, -0.02], [0.0, 0.0, 0.0]]],
        "student": [student(d) for d in lists],
        "quantiles": [
            {"degrees": n, "probability": q, "t": float(stats.t.ppf(q, n))}
            for n in degrees
            for q in [0.5, 0.75, 0.975, 0.9995]
        ],
        "twoSided": [
            {"degrees": n, "t": t, "p": float(2 * stats.t.sf(abs(t), n))}
            for n in degrees
            for t in [0.0, 0.01, -1.0, 2.776445105, 30.0]
        ],
        "mcnemar": [
            mcnemar(*counts)
            for counts in [(0, 0), (5, 0), (0, 6), (3, 3), (10, 2), (14, 25), (700, 800), (4000, 4100)]
        ],
        "bootstrap": [
            exact_bootstrap([0, 0, 1, 1, 2], [[0, 0, 1, 2, 2]], [[0, 1, 1, 2, 0]], 3),
            exact_bootstrap(
                [0, 1, 0, 1, 1], [[0, 1, 1, 1, 1], [0, 1, 0, 0, 1]], [[0, 0, 1, 1, 1], [1, 1, 0, 0, 1]], 2
            ),
        ],
    }
    Path("test/golden/paired-tests.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
