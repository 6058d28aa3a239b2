"""Pairs of texts by transformers: ids, token types and word ids at many lengths, logits of the saved classifiers, gradients and
likelihoods of the small models -> test/golden/pairs.json.

Run from the repository root: python scripts/golden/pairs.py
"""

from pathlib import Path

import torch
from golden_files import versions, write_json
from transformers import AutoModelForMaskedLM, AutoModelForSequenceClassification, AutoTokenizer

FAMILIES = ["bert", "roberta"]
# Of every relation of lengths, with an empty one on either side.
PAIRS = [
    ["How loud is it?", "moo was heard at noon, and then vroom vroom"],
    ["A long question that goes on: does the old mill drip, or does it splash?", "drip"],
    ["baa", ""],
    ["", "a splash, by the old mill"],
    ["caf\u00e9 na\u00efve", "\U0001f916 \u4e2d\u6587"],
    ["equal in length", "length in equal"],
]
LENGTHS = [6, 7, 8, 9, 12, 15, 16, 21, 40]
LABELS = [0, 2, 1, 0, 2, 1]


def encoded(tokenizer):
    cases = []
    for length in LENGTHS:
        for pair in PAIRS:
            # As lists: a lone empty second text would be taken for none.
            rows = tokenizer([pair[0]], [pair[1]], truncation="longest_first", max_length=length)
            sequences, words = rows.sequence_ids(0), rows.word_ids(0)
            row = {name: values[0] for name, values in rows.items()}
            cases.append(
                {
                    "pair": pair,
                    "maxLength": length,
                    "ids": row["input_ids"],
                    # RoBERTa's tokenizer gives none: its model has a single type.
                    "types": row.get("token_type_ids") or [0] * len(row["input_ids"]),
                    "sequences": [-1 if part is None else part for part in sequences],
                    "words": [-1 if word is None else word for word in words],
                }
            )
    return cases


def batch(tokenizer):
    first, second = zip(*PAIRS, strict=True)
    return tokenizer(
        list(first), list(second), truncation="longest_first", max_length=24, padding=True, return_tensors="pt"
    )


def classified(family, tokenizer):
    model = AutoModelForSequenceClassification.from_pretrained(f"test/golden/saved/{family}").eval()
    labels = torch.tensor(LABELS)
    found = model(**batch(tokenizer), labels=labels)
    found.loss.backward()
    gradients = {name: value.grad for name, value in model.named_parameters() if value.grad is not None}
    types = gradients[f"{family}.embeddings.token_type_embeddings.weight"]
    norm = torch.sqrt(sum((gradient.double() ** 2).sum() for gradient in gradients.values()))
    return {
        "maxLength": 24,
        "labels": LABELS,
        "logits": found.logits.tolist(),
        "loss": found.loss.item(),
        "typeGradient": types.tolist(),
        "gradientNorm": norm.item(),
    }


def likelihoods(family, tokenizer):
    """log P of every token of a pair with that token alone masked."""
    model = AutoModelForMaskedLM.from_pretrained(f"test/golden/models/{family}").eval()
    row = tokenizer(*PAIRS[0], return_tensors="pt")
    scores = []
    for position, sequence in enumerate(row.sequence_ids()):
        if sequence is None:
            scores.append(None)
            continue
        masked = {name: value.clone() for name, value in row.items()}
        masked["input_ids"][0, position] = tokenizer.mask_token_id
        with torch.no_grad():
            logits = model(**masked).logits[0, position]
        scores.append(torch.log_softmax(logits, 0)[row["input_ids"][0, position]].item())
    return {"pair": PAIRS[0], "pll": scores}


def main():
    torch.set_num_threads(1)
    families = {}
    for family in FAMILIES:
        tokenizer = AutoTokenizer.from_pretrained(f"test/golden/saved/{family}")
        families[family] = {
            "encoded": encoded(tokenizer),
            "classified": classified(family, tokenizer),
            "likelihoods": likelihoods(family, tokenizer),
        }
    golden = {"generator": versions("scripts/golden/pairs.py"), "families": families}
    write_json(Path("test/golden/pairs.json"), golden)


if __name__ == "__main__":
    main()
