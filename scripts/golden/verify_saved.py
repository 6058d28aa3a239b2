"""Loads a saved folder with Python's transformers and prints what it computes, as JSON.

Run: python scripts/golden/verify_saved.py FOLDER TEXT...
     python scripts/golden/verify_saved.py FOLDER --ids 0,5,6,2 --ids 0,7,2
A sequence classifier gives the logits of each text; a masked-LM checkpoint gives those of each
text's first position. The texts go through the folder's tokenizer; --ids bypasses it.
"missing" and "unexpected" must be empty for a folder that is whole.
"""

import argparse
import json

import torch
import transformers
from transformers import (
    AutoConfig,
    AutoModelForMaskedLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
)


def compute(folder, texts, id_lists, max_length):
    """Class, labels, loading report and logits: first of the id lists, then of the texts."""
    config = AutoConfig.from_pretrained(folder)
    classifies = config.architectures[0].endswith("ForSequenceClassification")
    auto = AutoModelForSequenceClassification if classifies else AutoModelForMaskedLM
    model, loading = auto.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    model.eval()

    inputs = list(id_lists)
    if texts:
        tokenizer = AutoTokenizer.from_pretrained(folder)
        inputs += [
            tokenizer(text, truncation=True, max_length=max_length)["input_ids"] for text in texts
        ]
    rows = []
    with torch.no_grad():
        for ids in inputs:
            logits = model(torch.tensor([ids])).logits[0]
            rows.append({"ids": ids, "logits": (logits if classifies else logits[0]).tolist()})
    return {
        "class": type(model).__name__,
        "labels": [config.id2label[i] for i in range(config.num_labels)] if classifies else None,
        "missing": sorted(loading["missing_keys"]),
        "unexpected": sorted(loading["unexpected_keys"]),
        "rows": rows,
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("texts", nargs="*")
    parser.add_argument("--ids", action="append", default=[], help="token ids, comma-separated")
    parser.add_argument("--max-length", type=int, default=128)
    arguments = parser.parse_args()
    id_lists = [[int(part) for part in ids.split(",")] for ids in arguments.ids]
    found = compute(arguments.folder, arguments.texts, id_lists, arguments.max_length)
    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    print(json.dumps({"versions": versions, **found}, indent=1))


if __name__ == "__main__":
    main()
