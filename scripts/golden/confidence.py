"""Temperatures from SciPy's minimiser and expected calibration errors from NumPy's bins -> test/golden/confidence.json.

Run from the repository root: python scripts/golden/confidence.py
"""

import json
from pathlib import Path

import numpy as np
import scipy
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

BINS = 15


def mean_loss(logits, expected):
    return float(-log_softmax(logits, axis=1)[np.arange(len(expected)), expected].mean())


def calibration_error(logits, expected):
    probabilities = softmax(logits, axis=1)
    confidence = probabilities.max(axis=1)
    right = (probabilities.argmax(axis=1) == expected).astype(np.float64)
    # right=True: the upper edge belongs to the bin.
    bins = np.digitize(confidence, np.linspace(0, 1, BINS + 1)[1:-1], right=True)
    error = 0.0
    for number in range(BINS):
        inside = bins == number
        if inside.any():
            error += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return float(error)


def case(name, logits, expected):
    logits = logits.astype(np.float32)
    exact = logits.astype(np.float64)
    found = minimize_scalar(
        lambda log_t: mean_loss(exact / np.exp(log_t), expected),
        bounds=(np.log(0.1), np.log(10)),
        method="bounded",
        options={"xatol": 1e-10},
    )
    temperature = float(np.exp(found.x))
    return {
        "name": name,
        "labels": logits.shape[1],
        "logits": logits.ravel().tolist(),
        "expected": expected.tolist(),
        "temperature": temperature,
        "ece": calibration_error(exact, expected),
        "loss": mean_loss(exact, expected),
        "eceAtTemperature": calibration_error(exact / temperature, expected),
        "lossAtTemperature": mean_loss(exact / temperature, expected),
    }


def main():
    random = np.random.default_rng(20261125)

    def logits_for(expected, labels, scale, noise):
        signal = np.eye(labels)[expected] * scale
        return signal + random.normal(0, noise, (len(expected), labels))

    confident = random.integers(0, 4, 150)
    timid = random.integers(0, 3, 150)
    golden = {
        "generator": "scripts/golden/confidence.py",
        "versions": {"scipy": scipy.__version__, "numpy": np.__version__},
        "cases": [
            case("too confident", logits_for(confident, 4, 6, 5), confident),
            case("too timid", logits_for(timid, 3, 0.5, 0.15), timid),
            case("two labels", logits_for(timid % 2, 2, 2, 2), timid % 2),
        ],
    }
    Path("test/golden/confidence.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
