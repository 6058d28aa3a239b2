"""Gradient x input, from PyTorch's own derivatives of transformers' classifiers.

    python scripts/golden/attributions.py      writes test/golden/attributions.json

The classifiers are those of test/golden/saved, the texts those of its record.json. For each text by itself and each
label, with x [n, H] the output of the word embeddings (`words`) or of the whole embedding layer (`embeddings`):

    attribution[label][t] = sum_h d logit[label] / d x[t, h] * x[t, h]

Computed in float64; `float32Error` is the largest difference to the same in float32.
"""

import json
import sys
from pathlib import Path

import torch
from golden_files import versions, write_json
from transformers import AutoModelForSequenceClassification, PreTrainedModel
from transformers.utils import logging

GOLDEN = Path(__file__).resolve().parents[2] / "test" / "golden"


def attributions(model: PreTrainedModel, ids: list[int], module: torch.nn.Module) -> list[list[float]]:
    """[C, n] of one text, at the output of a module of the model."""
    seen: list[torch.Tensor] = []
    handle = module.register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    rows_of_ids = torch.tensor([ids])
    logits = model(input_ids=rows_of_ids, attention_mask=torch.ones_like(rows_of_ids)).logits[0]
    handle.remove()
    [x] = seen
    rows = []
    for logit in logits:
        (gradient,) = torch.autograd.grad(logit, x, retain_graph=True)
        rows.append((gradient * x).sum(dim=-1)[0].tolist())
    return rows


def both(model: PreTrainedModel, ids: list[int]) -> dict[str, list[list[float]]]:
    return {
        "words": attributions(model, ids, model.get_input_embeddings()),
        "embeddings": attributions(model, ids, model.base_model.embeddings),
    }


def largest_difference(one: list[list[float]], other: list[list[float]]) -> float:
    return (torch.tensor(one) - torch.tensor(other)).abs().max().item()


def family_values(folder: Path, rows: list[dict]) -> dict:
    single = AutoModelForSequenceClassification.from_pretrained(folder, attn_implementation="eager").eval()
    double = AutoModelForSequenceClassification.from_pretrained(folder, attn_implementation="eager").eval().double()
    texts = [{"ids": row["ids"], **both(double, row["ids"])} for row in rows]
    errors = [
        largest_difference(text[name], found)
        for text in texts
        for name, found in both(single, text["ids"]).items()
    ]
    return {"class": type(double).__name__, "float32Error": max(errors), "texts": texts}


def main() -> int:
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    logging.disable_progress_bar()
    record = json.loads((GOLDEN / "saved" / "record.json").read_text("utf-8"))
    families = {
        name: family_values(GOLDEN / "saved" / name, found["rows"])
        for name, found in record["families"].items()
    }
    write_json(
        GOLDEN / "attributions.json",
        {"generator": versions("scripts/golden/attributions.py"), "families": families},
    )
    for name, found in families.items():
        print(f"{name}: {found['class']}, float32 error {found['float32Error']:.3g}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
