"""Doubtful labels: as many as cleanlab's confident learning finds, by log-odds -> test/golden/doubtful-labels.json.

Made-up probabilities, with a tenth of the labels flipped, of two to nine labels, rare ones and one without rows among them.

Run from the repository root: python scripts/golden/doubtful_labels.py
"""

import importlib.metadata
from pathlib import Path

import numpy as np
from cleanlab.filter import find_label_issues
from golden_files import write_json


def case(rows, labels, seed, absent=0):
    random = np.random.default_rng(seed)
    shares = random.dirichlet(np.ones(labels - absent))
    true = random.choice(labels - absent, size=rows, p=shares)
    logits = random.normal(size=(rows, labels))
    logits[np.arange(rows), true] += 2
    given = true.copy()
    flipped = random.choice(rows, size=rows // 10, replace=False)
    given[flipped] = random.integers(labels - absent, size=len(flipped))
    probabilities = np.exp(logits)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    probabilities = np.round(probabilities, 4)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    issues = find_label_issues(given, probabilities, filter_by="confident_learning", n_jobs=1)
    own = probabilities[np.arange(rows), given]
    others = probabilities.copy()
    others[np.arange(rows), given] = 0
    odds = np.log(others.max(axis=1) / own)
    return {
        "labels": labels,
        "given": given.tolist(),
        "probabilities": probabilities.ravel().tolist(),
        "doubtful": np.argsort(-odds, kind="stable")[: issues.sum()].tolist(),
    }


cases = [case(60, 2, 1), case(120, 4, 2), case(90, 9, 3), case(80, 5, 4, absent=1), case(20, 3, 5)]
write_json(
    Path("test/golden/doubtful-labels.json"),
    {"cleanlab": importlib.metadata.version("cleanlab"), "cases": cases},
)
