"""Texts with several labels: scikit-learn's measures, precision-recall curves and one-vs-rest regression, the loss and gradients of transformers, and what its
pipeline answers -> test/golden/label-sets.json.

Run from the repository root: python scripts/golden/label_sets.py
"""

import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import torch
from golden_files import versions, write_json
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    f1_score,
    hamming_loss,
    precision_recall_curve,
    precision_score,
    recall_score,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_union
from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

FAMILIES = ["bert", "roberta"]
TEXTS = ["moo was heard at noon.", "Drip drip, by the old mill", "baa", "a vroom, then a splash"]
# None, all, and some of the three labels.
HAVING = [[0, 0, 0], [1, 1, 1], [1, 0, 0], [0, 1, 1]]
rng = np.random.default_rng(7)


def measures():
    cases = []
    for rows, labels, share in [(40, 3, 0.4), (25, 6, 0.15), (12, 2, 0.9), (5, 4, 0.0)]:
        expected = (rng.random((rows, labels)) < share).astype(int)
        logits = np.round(rng.normal(size=(rows, labels)) * 2 + expected * 1.5 - 1, 4)
        predicted = (logits >= 0).astype(int)
        keep = {"zero_division": 0}
        loss = torch.nn.BCEWithLogitsLoss()(
            torch.tensor(logits, dtype=torch.float64), torch.tensor(expected, dtype=torch.float64)
        )
        curves = []
        for label in range(labels):
            if expected[:, label].sum() == 0:
                curves.append(None)
                continue
            precision, recall, _ = precision_recall_curve(expected[:, label], logits[:, label])
            curves.append(
                {
                    "average_precision": average_precision_score(
                        expected[:, label], logits[:, label]
                    ),
                    # Ours begins with the highest logit, and has no point (0, 1).
                    "recall": recall[:-1][::-1].tolist(),
                    "precision": precision[:-1][::-1].tolist(),
                }
            )
        cases.append(
            {
                "expected": expected.tolist(),
                "logits": logits.tolist(),
                "accuracy": accuracy_score(expected, predicted),
                "macro_f1": f1_score(expected, predicted, average="macro", **keep),
                "micro_f1": f1_score(expected, predicted, average="micro", **keep),
                "hamming_loss": hamming_loss(expected, predicted),
                "precision": precision_score(expected, predicted, average=None, **keep).tolist(),
                "recall": recall_score(expected, predicted, average=None, **keep).tolist(),
                "loss": loss.item(),
                "curves": curves,
            }
        )
    return cases


def one_vs_rest():
    """Over the features of the baseline, as in baseline.py."""
    words = {
        "animal": ["moo", "baa", "neigh", "cluck", "bark"],
        "engine": ["rattle", "motor", "piston", "roar", "exhaust"],
        "water": ["splash", "drip", "gurgle", "wave", "brook"],
    }
    fillers = ["noon", "the", "hill", "was", "heard", "by", "mill", "at", "night"]
    texts, sets = [], []
    for row in range(60):
        chosen = [label for bit, label in enumerate(words) if (row % 8) >> bit & 1]
        parts = list(rng.choice(fillers, 3))
        for label in chosen:
            parts += list(rng.choice(words[label], 2))
        parts += list(rng.choice(fillers, 2))
        texts.append(" ".join(str(part) for part in parts))
        sets.append(chosen)
    train = 44
    features = make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
    )
    matrix = features.fit_transform(texts[:train])
    having = np.array([[int(label in chosen) for label in words] for chosen in sets])
    model = OneVsRestClassifier(
        LogisticRegression(C=10, class_weight="balanced", tol=1e-8, max_iter=10000)
    )
    model.fit(matrix, having[:train])
    return {
        "labels": list(words),
        "texts": texts,
        "sets": sets,
        "train": train,
        "probabilities": model.predict_proba(features.transform(texts[train:])).tolist(),
    }


def encoder(family):
    folder = f"test/golden/saved/{family}"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(
        folder, problem_type="multi_label_classification"
    ).eval()
    batch = tokenizer(TEXTS, truncation=True, max_length=24, padding=True, return_tensors="pt")
    found = model(**batch, labels=torch.tensor(HAVING, dtype=torch.float32))
    found.loss.backward()
    gradients = [value.grad for value in model.parameters() if value.grad is not None]
    norm = torch.sqrt(sum((gradient.double() ** 2).sum() for gradient in gradients))
    last = model.classifier if family == "bert" else model.classifier.out_proj
    return {
        "loss": found.loss.item(),
        "gradientNorm": norm.item(),
        "outGradient": last.weight.grad.tolist(),
        "pipeline": answered(folder),
    }


def answered(folder):
    """The scores that the pipeline gives each label, from the folder as it is when its labels do not exclude each other."""
    with tempfile.TemporaryDirectory() as copy:
        shutil.copytree(folder, copy, dirs_exist_ok=True)
        path = Path(copy) / "config.json"
        config = json.loads(path.read_text())
        config["problem_type"] = "multi_label_classification"
        path.write_text(json.dumps(config))
        classify = pipeline("text-classification", model=copy, top_k=None)
        rows = classify(TEXTS, truncation=True, max_length=24)
    return [{one["label"]: one["score"] for one in row} for row in rows]


def main():
    torch.set_num_threads(1)
    golden = {
        "generator": versions("scripts/golden/label_sets.py"),
        "texts": TEXTS,
        "having": HAVING,
        "families": {family: encoder(family) for family in FAMILIES},
        "measures": measures(),
        "one_vs_rest": one_vs_rest(),
    }
    write_json(Path("test/golden/label-sets.json"), golden)


if __name__ == "__main__":
    main()
