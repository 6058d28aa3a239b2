"""L3 mask probabilities (lambda by SciPy's root finder) and rank correlations -> test/golden/masking.json.

Run from the repository root: python scripts/golden/masking.py
"""

import json
from pathlib import Path

import numpy as np
import scipy
from scipy.optimize import brentq
from scipy.stats import spearmanr


def exact(weights, budget):
    """min(1, lambda * w) with mean = budget, lambda by bracketing and Brent's method."""
    excess = lambda scale: np.minimum(1, scale * weights).mean() - budget
    high = 1.0
    while excess(high) < 0:
        high *= 2
    return np.minimum(1, brentq(excess, 0, high, xtol=1e-15, rtol=1e-15, maxiter=1000) * weights)


def published(weights, budget):
    return np.minimum(1, budget / weights.mean() * weights)


def probabilities(name, scores, budget, exponent, calibration):
    """scores: None at special tokens."""
    special = np.array([score is None for score in scores])
    surprisal = np.array([0.0 if score is None else -np.float32(score) for score in scores], np.float64)
    relative = (surprisal - surprisal.min()) / (surprisal.max() - surprisal.min())
    scale = exact if calibration == "exact" else published
    masked = np.zeros(len(scores))
    masked[~special] = scale(relative[~special] ** exponent, budget)
    return {
        "name": name,
        "scores": scores,
        "budget": budget,
        "exponent": exponent,
        "calibration": calibration,
        "probabilities": masked.tolist(),
    }


def main():
    random = np.random.default_rng(20241116)

    def text(count, shape):
        scores = -random.gamma(shape, 1 / shape, count).astype(np.float32) * 3
        return [None, *map(float, scores), None]

    def peaked(count):
        scores = np.full(count, -0.01, np.float32)
        scores[: max(1, count // 20)] = -12
        return [None, *map(float, scores), None]

    cases = []
    for count, shape in [(5, 1.0), (23, 0.3), (60, 0.1), (126, 2.0)]:
        scores = text(count, shape)
        for budget, exponent in [(0.15, 1.0), (0.4, 1.0), (0.15, 0.5), (0.15, 3.0)]:
            for calibration in ["exact", "published"]:
                name = f"{count} tokens, gamma({shape}), p={budget}, exponent {exponent}, {calibration}"
                cases.append(probabilities(name, scores, budget, exponent, calibration))
    for calibration in ["exact", "published"]:
        cases.append(probabilities(f"few surprises, {calibration}", peaked(80), 0.15, 1.0, calibration))
        bare = text(30, 1.0)[1:-1]
        cases.append(probabilities(f"no special tokens, {calibration}", bare, 0.15, 1.0, calibration))

    correlations = []
    for count, levels in [(2, 100), (10, 4), (50, 1000), (200, 7)]:
        a = random.integers(0, levels, count)
        b = a + random.integers(-levels // 2, levels // 2, count)
        correlations.append(
            {"a": a.tolist(), "b": b.tolist(), "spearman": float(spearmanr(a, b).statistic)}
        )

    golden = {
        "generator": "scripts/golden/masking.py",
        "versions": {"scipy": scipy.__version__, "numpy": np.__version__},
        "l3": cases,
        "correlations": correlations,
    }
    Path("test/golden/masking.json").write_text(json.dumps(golden, allow_nan=False) + "\n")


if __name__ == "__main__":
    main()
