"""Golden losses, gradient norms and cosines of one step over 32 texts at once, on the small models.

    python scripts/golden/accumulation.py            writes test/golden/accumulation/{bert,roberta}
    python scripts/golden/accumulation.py --check    makes them anew elsewhere and reports differences

The loss is w_main * mean CE over the texts + w_aux * mean CE over the selected tokens; with class weights the CE of each text
is multiplied with scikit-learn's "balanced" weight of its label before the mean. However a step is cut into micro-batches, it
must give these values. Computed in float64, dropout off. Model and head: test/golden/models/README.md.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from golden_files import versions, write_json, write_or_check
from meta_weights import cosine, flat
from models import FAMILIES, NO_LABEL, Batch, Corrupted, as_float64, copied, corrupt, encode, mask_of, pad
from sentences import LABELLED
from sklearn.utils.class_weight import compute_class_weight
from tiny_models import CLASSES, TinyModel, build
from torch import Tensor
from torch.nn.functional import cross_entropy

OUTPUT = Path(__file__).resolve().parents[2] / "test" / "golden" / "accumulation"

LENGTH = 40
TEXTS = 32
DEV_TEXTS = 6
CASES = {
    "equal": {"weights": [0.5, 0.5], "balanced": False, "shared": False},
    "fixed": {"weights": [0.8, 0.2], "balanced": False, "shared": False},
    "balanced": {"weights": [0.5, 0.5], "balanced": True, "shared": False},
    "shared": {"weights": [0.5, 0.5], "balanced": False, "shared": True},
    "main": {"weights": [1.0, 0.0], "balanced": False, "shared": False},
    "auxiliary": {"weights": [0.0, 1.0], "balanced": False, "shared": False},
}


def class_losses(tiny: TinyModel, rows: list[list[int]], labels: list[int]) -> Tensor:
    """The cross-entropy of each text."""
    hidden = tiny.hidden(pad(tiny, rows), mask_of(rows))
    return cross_entropy(tiny.head(hidden), torch.tensor(labels), reduction="none")


def masked_loss(tiny: TinyModel, auxiliary: Corrupted) -> Tensor:
    rows = auxiliary["ids"]
    targets = [[NO_LABEL] * len(row) for row in rows]
    for target, at, labels in zip(targets, auxiliary["positions"], auxiliary["labels"], strict=True):
        for position, label in zip(at, labels, strict=True):
            target[position] = label
    return tiny.model(
        input_ids=pad(tiny, rows), attention_mask=mask_of(rows), labels=pad(tiny, targets, NO_LABEL)
    ).loss


def step(
    tiny: TinyModel, main: Batch, auxiliary: Corrupted, label_weights: list[float], case: dict[str, Any]
) -> dict[str, float]:
    tiny = copied(tiny)
    each = class_losses(tiny, auxiliary["ids"] if case["shared"] else main["ids"], main["labels"])
    masked = masked_loss(tiny, auxiliary)
    weights = torch.tensor(label_weights, dtype=each.dtype)[torch.tensor(main["labels"])]
    trained = (each * weights).mean() if case["balanced"] else each.mean()
    main_weight, auxiliary_weight = case["weights"]
    (main_weight * trained + auxiliary_weight * masked).backward()

    def norm(module: torch.nn.Module) -> float:
        gradients = [p.grad.flatten() for p in module.parameters() if p.grad is not None]
        return torch.cat(gradients).norm().item()

    return {
        "lossMain": each.mean().item(),
        "lossAuxiliary": masked.item(),
        "bodyNorm": norm(tiny.model),
        "headNorm": norm(tiny.head),
    }


def cosines(tiny: TinyModel, main: Batch, auxiliary: Corrupted, dev: Batch) -> list[float]:
    """Between the dev gradient under the same head and the gradient of each task, over the encoder."""
    body = list(tiny.model.base_model.parameters())

    def gradient(loss: Tensor) -> Tensor:
        return flat(torch.autograd.grad(loss, body))

    direction = gradient(class_losses(tiny, dev["ids"], dev["labels"]).mean())
    tasks = (class_losses(tiny, main["ids"], main["labels"]).mean(), masked_loss(tiny, auxiliary))
    return [cosine(direction, gradient(loss)).item() for loss in tasks]


def write(folder: Path) -> None:
    for family in FAMILIES:
        tiny = build(family, [text for text, _ in LABELLED])
        generator = torch.Generator().manual_seed(57)
        rows = encode(tiny, [text for text, _ in LABELLED], LENGTH)
        chosen = torch.randperm(len(rows), generator=generator).tolist()

        def texts(numbers: list[int], rows: list[list[int]] = rows) -> Batch:
            return {"ids": [rows[i] for i in numbers], "labels": [LABELLED[i][1] for i in numbers]}

        main, dev = texts(chosen[:TEXTS]), texts(chosen[TEXTS : TEXTS + DEV_TEXTS])
        auxiliary = corrupt(tiny, main["ids"], generator)
        label_weights = compute_class_weight(
            "balanced", classes=np.arange(CLASSES), y=np.array(main["labels"])
        ).tolist()
        exact = as_float64(tiny)
        target = folder / family
        target.mkdir(parents=True, exist_ok=True)
        write_json(
            target / "golden.json",
            {
                "generator": versions("scripts/golden/accumulation.py"),
                "main": main,
                "auxiliary": auxiliary,
                "dev": dev,
                "labelWeights": label_weights,
                "cosines": cosines(exact, main, auxiliary, dev),
                "cases": {
                    name: {**case, **step(exact, main, auxiliary, label_weights, case)}
                    for name, case in CASES.items()
                },
            },
        )


if __name__ == "__main__":
    sys.exit(write_or_check(__doc__, write, OUTPUT, FAMILIES))
