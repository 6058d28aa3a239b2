"""TF-IDF with logistic regression by scikit-learn -> test/golden/baseline.json.

Small cases of our own (n-grams, weights, probabilities), the sample task, and figures on published data sets where their folder is
given (only the figures are kept, never a text).

Run from the repository root: python scripts/golden/baseline.py [FOLDER OF DATA SETS]
"""

import gzip
import json
import sys
from pathlib import Path

import numpy as np
import sklearn
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.pipeline import make_union

# Accents, one-letter words, underscores, digits, marks, scripts without spaces, characters beyond the basic plane.
TEXTS = [
    "The boat, the BOAT and a mast_2!",
    "Café na\u00efve  \u00c9t\u00e9\tx",
    "e\u0301clair 7 77 777 don't",
    "\u8239\u304c\u6cf3\u3050 \U0001f6a4\U0001f6a4 sail",
    "a b c",
    "engine engine engine rattles",
    "The engine rattles at sea",
    "\u0130stanbul \u1e9e STRASSE stra\u00dfe",
]
LABELS = ["sail", "food", "food", "sail", "none", "engine", "engine", "none"]
UNSEEN = ["the engine of a boat", "\u8239 sail", "zzz"]


def vectorizers():
    return make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
    )


def classifier(tolerance):
    return LogisticRegression(C=10, class_weight="balanced", max_iter=10000, tol=tolerance)


def ngrams_case(text):
    words = TfidfVectorizer(ngram_range=(1, 2)).build_analyzer()(text)
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5)).build_analyzer()(text)
    return {"text": text, "words": words, "characters": characters}


def fitted_case(labels):
    union = vectorizers()
    rows = union.fit_transform(TEXTS)
    # To the minimum itself: where a minimiser stops is its own affair.
    model = classifier(1e-10).fit(rows, labels)
    # In alphabetical order, as labels have their ids.
    return {
        "texts": TEXTS,
        "labels": labels,
        "columns": rows.shape[1],
        "sorted_weights": [sorted(row.data.tolist()) for row in rows],
        "unseen": UNSEEN,
        "probabilities": model.predict_proba(union.transform(UNSEEN)).tolist(),
    }


def read(path):
    opened = gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")
    with opened as lines:
        rows = [json.loads(line) for line in lines if line.strip()]
    return [row["text"] for row in rows], [row["label"] for row in rows]


def figures(name, train_file, test_file, first=None):
    texts, labels = read(train_file)
    texts, labels = texts[:first], labels[:first]
    test, gold = read(test_file)
    union = vectorizers()
    predicted = classifier(1e-4).fit(union.fit_transform(texts), labels).predict(union.transform(test))
    seen = set(texts)
    unseen = [i for i, text in enumerate(test) if text not in seen]
    gold = np.array(gold)
    macro_f1 = lambda rows: f1_score(gold[rows], predicted[rows], average="macro", labels=sorted(set(labels)), zero_division=0)
    return {
        "name": name,
        "first": first,
        "accuracy": accuracy_score(gold, predicted),
        "macro_f1": macro_f1(np.arange(len(gold))),
        "unseen_accuracy": accuracy_score(gold[unseen], predicted[unseen]),
        "unseen_macro_f1": macro_f1(unseen),
    }


def held_out_case(train_file):
    """Row i is in fold i % 3; probabilities of each row by the model of the other two folds."""
    texts, labels = read(train_file)
    texts, labels = np.array(texts[:60], dtype=object), np.array(labels[:60])
    folds = np.arange(len(texts)) % 3
    probabilities = np.zeros((len(texts), len(set(labels))))
    for fold in range(3):
        rest, held = folds != fold, folds == fold
        union = vectorizers()
        model = classifier(1e-10).fit(union.fit_transform(texts[rest]), labels[rest])
        probabilities[held] = model.predict_proba(union.transform(texts[held]))
    return {"folds": 3, "probabilities": probabilities.round(6).tolist()}


def main():
    sample = Path("examples/sample-task")
    result = {
        "generator": "scripts/golden/baseline.py",
        "versions": {"scikit-learn": sklearn.__version__, "numpy": np.__version__},
        "ngrams": [ngrams_case(text) for text in TEXTS],
        "fitted": [fitted_case(LABELS), fitted_case(["boat" if label == "sail" else "other" for label in LABELS])],
        "held_out": held_out_case(sample / "train.jsonl"),
        "sample": figures("sample", sample / "train.jsonl", sample / "test.jsonl"),
    }
    target = Path("test/golden/baseline.json")
    if len(sys.argv) > 1:
        folder = Path(sys.argv[1])
        result["published"] = [
            figures(name, folder / name / "train.jsonl.gz", folder / name / "test.jsonl.gz", first)
            for name, first in [("acl-arc", None), ("ohsumed", None), ("imdb", 1000)]
        ]
    elif target.exists():
        result["published"] = json.loads(target.read_text(encoding="utf-8"))["published"]
    target.write_text(json.dumps(result, ensure_ascii=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
