"""Loads the folders of test/golden/saved in Python's transformers and records what it computes from them.

Run after `node scripts/golden/saved_folder.mjs`: python scripts/golden/check_saved.py
Writes test/golden/saved/record.json; ends with 1 if a tensor is missing or left over, if an id differs, or
if a logit differs from the project's by 1e-4 or more.
"""

import json
import sys
from pathlib import Path

from golden_files import versions, write_json
from verify_saved import compute

SAVED = Path(__file__).resolve().parents[2] / "test" / "golden" / "saved"
TOLERANCE = 1e-4


def check(family: str, rows: list[dict], max_length: int) -> dict:
    """What transformers computes for one folder, and how far it is from what the project computed."""
    texts = [row["text"] for row in rows]
    found = compute(SAVED / family, texts, [], max_length)
    pairs = list(zip(rows, found["rows"], strict=True))
    return {
        "class": found["class"],
        "labels": found["labels"],
        "missing": found["missing"],
        "unexpected": found["unexpected"],
        "idsEqual": all(ours["ids"] == theirs["ids"] for ours, theirs in pairs),
        "largestDifference": max(
            abs(one - other)
            for ours, theirs in pairs
            for one, other in zip(ours["logits"], theirs["logits"], strict=True)
        ),
        "rows": [{"text": text, **row} for text, row in zip(texts, found["rows"], strict=True)],
    }


def main() -> int:
    computed = json.loads((SAVED / "computed.json").read_text("utf-8"))
    max_length = computed["maxLength"]
    families = {name: check(name, rows, max_length) for name, rows in computed["families"].items()}
    record = {
        "generator": versions("scripts/golden/check_saved.py"),
        "maxLength": max_length,
        "families": families,
    }
    write_json(SAVED / "record.json", record)
    status = 0
    for name, found in families.items():
        good = (
            not found["missing"]
            and not found["unexpected"]
            and found["idsEqual"]
            and found["largestDifference"] < TOLERANCE
        )
        print(f"{name}: {found['class']}, largest difference {found['largestDifference']:.3g}")
        if not good:
            status = 1
            print({key: value for key, value in found.items() if key != "rows"})
    return status


if __name__ == "__main__":
    sys.exit(main())
