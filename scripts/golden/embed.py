"""Mean-pooled, L2-normalised output of transformers' encoders, and scikit-learn's logistic regression on TF-IDF with such vectors
-> test/golden/embed.json.

Run from the repository root: python scripts/golden/embed.py
"""

import json
from pathlib import Path

import numpy as np
import torch
from baseline import LABELS, TEXTS, UNSEEN, classifier, vectorizers
from scipy.sparse import csr_matrix, hstack
from transformers import AutoModel

FAMILIES = ["bert", "roberta"]
# Of different lengths, so that they share rows; no special meaning.
IDS = [[5, 9, 12, 7], [5, 6], [5, 11, 8, 10, 13, 14, 9, 7], [5]]


def embeddings(family):
    model = AutoModel.from_pretrained(f"test/golden/models/{family}", add_pooling_layer=False).eval()
    with torch.no_grad():
        rows = [model(torch.tensor([ids])).last_hidden_state[0].mean(0) for ids in IDS]
    return [torch.nn.functional.normalize(row, dim=0).tolist() for row in rows]


def fitted():
    draw = np.random.default_rng(0)
    vectors = draw.normal(size=(len(TEXTS) + len(UNSEEN), 3)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    union = vectorizers()
    both = lambda ngrams, dense: hstack([ngrams, csr_matrix(np.sqrt(2) * dense)]).tocsr()
    train = both(union.fit_transform(TEXTS), vectors[: len(TEXTS)])
    unseen = both(union.transform(UNSEEN), vectors[len(TEXTS) :])
    model = classifier(1e-10).fit(train, LABELS)
    return {
        "texts": TEXTS,
        "labels": LABELS,
        "unseen": UNSEEN,
        "vectors": vectors.tolist(),
        "probabilities": model.predict_proba(unseen).tolist(),
    }


golden = {"ids": IDS, "embeddings": {family: embeddings(family) for family in FAMILIES}, "fitted": fitted()}
Path("test/golden/embed.json").write_text(json.dumps(golden) + "\n")
