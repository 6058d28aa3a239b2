"""Doubtful labels by a model of wrong labels, SciPy's maximum, and cleanlab's count -> test/golden/doubtful-labels.json.

Made-up logits, with a tenth of the labels flipped, of two to nine labels, rare ones and one without rows among them.

Run from the repository root: python scripts/golden/doubtful_labels.py
"""

import importlib.metadata
from pathlib import Path

import numpy as np
from cleanlab.filter import find_label_issues
from golden_files import write_json
from scipy.optimize import minimize
from scipy.special import expit, softmax

# The likelihood is that of src/data/check/label-noise.ts.
PRIOR_LABELS, PRIOR_SHARE = 100, 0.033


def fitted(logits, given, labels):
    rows = np.arange(len(given))

    def loss(point):
        share = 0.5 * expit(point[1])
        own = softmax(logits / np.exp(point[0]), axis=1)[rows, given]
        likelihood = (1 - share) * own + share * (1 - own) / (labels - 1)
        prior = PRIOR_SHARE * np.log(share) + (1 - PRIOR_SHARE) * np.log(1 - share)
        return -np.log(likelihood).sum() - PRIOR_LABELS * prior

    options = {"xatol": 1e-10, "fatol": 1e-12, "maxiter": 10_000}
    starts = [(temperature, share) for temperature in (-1, 0, 1) for share in (-4, -2)]
    found = min(
        (minimize(loss, start, method="Nelder-Mead", options=options) for start in starts),
        key=lambda result: result.fun,
    )
    return np.exp(found.x[0]), 0.5 * expit(found.x[1])


def case(rows, labels, seed, absent=0):
    random = np.random.default_rng(seed)
    shares = random.dirichlet(np.ones(labels - absent))
    true = random.choice(labels - absent, size=rows, p=shares)
    logits = random.normal(size=(rows, labels))
    logits[np.arange(rows), true] += 2
    logits = np.round(logits, 3)
    given = true.copy()
    flipped = random.choice(rows, size=rows // 10, replace=False)
    given[flipped] = random.integers(labels - absent, size=len(flipped))

    temperature, share = fitted(logits, given, labels)
    probabilities = softmax(logits / temperature, axis=1)
    own = probabilities[np.arange(rows), given]
    by_error = share * (1 - own) / (labels - 1)
    wrong = by_error / (by_error + (1 - share) * own)
    candidates = probabilities.argmax(axis=1) != given
    order = [row for row in np.argsort(-wrong, kind="stable") if candidates[row]]
    listed = round(wrong.sum())
    issues = find_label_issues(given, probabilities, filter_by="confident_learning", n_jobs=1)
    return {
        "labels": labels,
        "given": given.tolist(),
        "logits": logits.ravel().tolist(),
        "temperature": temperature,
        "share": share,
        "wrong": wrong.tolist(),
        "doubtful": [int(row) for row in order[:listed]],
        "further": [int(row) for row in order[listed : int(issues.sum())]],
    }


cases = [case(60, 2, 1), case(120, 4, 2), case(90, 9, 3), case(80, 5, 4, absent=1), case(20, 3, 5)]
versions = {name: importlib.metadata.version(name) for name in ("cleanlab", "scipy")}
write_json(Path("test/golden/doubtful-labels.json"), {**versions, "cases": cases})
