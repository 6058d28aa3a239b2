"""Classification metrics from scikit-learn, of ordered labels too, and cross-entropy from SciPy -> test/golden/metrics.json.

Run from the repository root: python scripts/golden/metrics.py
"""

import json
from pathlib import Path

import numpy as np
import scipy
import sklearn
from scipy.special import log_softmax
from sklearn.metrics import (
    accuracy_score,
    cohen_kappa_score,
    confusion_matrix,
    f1_score,
    mean_absolute_error,
    precision_recall_fscore_support,
)


def case(name, labels, expected, predicted):
    """Metrics over the label ids 0 .. labels-1; expected -1 is a label the training set lacks."""
    ids = list(range(labels))
    precision, recall, f1, support = precision_recall_fscore_support(
        expected, predicted, labels=ids, zero_division=0
    )
    # confusion_matrix needs a row for the unseen label; it is cut off afterwards.
    confusion = confusion_matrix(expected, predicted, labels=[*ids, -1])[:labels, :labels]
    return {
        "name": name,
        "labels": labels,
        "expected": list(map(int, expected)),
        "predicted": list(map(int, predicted)),
        "accuracy": float(accuracy_score(expected, predicted)),
        "macroF1": float(f1_score(expected, predicted, labels=ids, average="macro", zero_division=0)),
        "precision": precision.tolist(),
        "recall": recall.tolist(),
        "f1": f1.tolist(),
        "support": support.tolist(),
        "confusion": confusion.tolist(),
    }


def order_case(name, scale, expected, predicted):
    """Ordered labels: ids stand for the numbers of `scale`, which need not be in their order."""
    scale = np.array(scale)
    expected, predicted = np.array(expected), np.array(predicted)
    numbers = scale[expected], scale[predicted]
    # Ranks: scikit-learn takes decimal numbers for something else than labels.
    ranks = [np.searchsorted(np.sort(scale), values) for values in numbers]
    with np.errstate(invalid="ignore"):
        kappa = cohen_kappa_score(*ranks, labels=list(range(len(scale))), weights="quadratic")
    return {
        "name": name,
        "scale": scale.tolist(),
        "expected": expected.tolist(),
        "predicted": predicted.tolist(),
        "meanAbsoluteError": float(mean_absolute_error(*numbers)),
        "quadraticKappa": None if np.isnan(kappa) else float(kappa),
    }


def main():
    random = np.random.default_rng(20240815)
    truth = random.choice(6, size=120, p=[0.4, 0.25, 0.15, 0.1, 0.06, 0.04])
    guess = np.where(random.random(120) < 0.7, truth, random.integers(0, 6, 120))
    unseen = np.where(random.random(40) < 0.2, -1, random.integers(0, 3, 40))
    logits = random.normal(0, 4, (12, 5)).astype(np.float32)
    answers = random.integers(0, 5, 12)
    losses = -log_softmax(logits.astype(np.float64), axis=1)[np.arange(12), answers]
    other = np.random.default_rng(20261201)
    stars = other.choice(5, size=80, p=[0.1, 0.1, 0.2, 0.3, 0.3])
    near = np.clip(stars + other.choice([-2, -1, 0, 0, 0, 1], size=80), 0, 4)
    golden = {
        "generator": "scripts/golden/metrics.py",
        "versions": {
            "scikit-learn": sklearn.__version__,
            "scipy": scipy.__version__,
            "numpy": np.__version__,
        },
        "classification": [
            case("six unbalanced labels", 6, truth, guess),
            case("a label never predicted", 3, [0, 0, 1, 2, 2, 1], [0, 1, 1, 0, 1, 1]),
            case("a label neither expected nor predicted", 4, [0, 1, 3, 3, 0], [0, 1, 3, 0, 0]),
            case("labels the training set lacks", 3, unseen, random.integers(0, 3, 40)),
            case("all wrong", 2, [0, 1, 0], [1, 0, 1]),
            case("one label", 1, [0, 0], [0, 0]),
        ],
        "order": [
            order_case("stars", [1, 2, 3, 4, 5], stars, near),
            order_case("decimal numbers, out of order", [10.5, -1, 2.25], [0, 1, 2, 2, 1], [1, 1, 0, 2, 2]),
            order_case("all right", [1, 2, 3], [0, 1, 2, 1], [0, 1, 2, 1]),
            order_case("no better than chance", [1, 2, 3], [0, 1, 2, 1], [1, 1, 1, 1]),
            order_case("one label alone", [1, 2, 3], [1, 1], [1, 1]),
        ],
        "loss": {
            "labels": 5,
            "logits": logits.ravel().tolist(),
            "expected": answers.tolist(),
            "predicted": logits.argmax(axis=1).tolist(),
            "meanLoss": float(losses.mean()),
        },
    }
    Path("test/golden/metrics.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
