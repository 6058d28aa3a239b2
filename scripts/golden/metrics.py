"""Classification metrics from scikit-learn and cross-entropy from SciPy -> test/golden/metrics.json.

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
    confusion_matrix,
    f1_score,
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


def main():
    random = np.random.default_rng(20240815)
    truth = random.choice(6, size=120, p=[0.4, 0.25, 0.15, 0.1, 0.06, 0.04])
    guess = np.where(random.random(120) < 0.7, truth, random.integers(0, 6, 120))
    unseen = np.where(random.random(40) < 0.2, -1, random.integers(0, 3, 40))
    logits = random.normal(0, 4, (12, 5)).astype(np.float32)
    answers = random.integers(0, 5, 12)
    losses = -log_softmax(logits.astype(np.float64), axis=1)[np.arange(12), answers]
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
