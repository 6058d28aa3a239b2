"""Loads the folders of saved_families.mjs in transformers and records what it finds: python check_saved_families.py FOLDER

Writes test/golden/saved-families.json: the SHA-256 of every file that was loaded, so that a test can tell whether the project still
saves these very bytes, and how far logits and ids are from those of test/golden/families. Ends with 1 if they differ.
"""

import hashlib
import json
import sys
from pathlib import Path

import torch
from golden_files import versions, write_json
from safetensors.torch import load_file
from transformers import AutoModelForMaskedLM, AutoTokenizer
from verify_saved import compute

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "test" / "golden" / "families"
TOLERANCE = 1e-5


def check(folder: Path, name: str) -> dict:
    golden = json.loads((GOLDEN / name / "golden.json").read_text("utf-8"))
    texts = [row["text"] for row in golden["likelihood"]]
    expected_ids = [row["ids"] for row in golden["likelihood"]]
    expected = load_file(GOLDEN / name / "golden.safetensors")["logits"]
    classifier = compute(folder / "classifier", texts, golden["ids"], golden["maxLength"])
    count = len(golden["ids"])
    logits = torch.tensor([row["logits"] for row in classifier["rows"][:count]])
    masked = compute(folder / "masked", texts, [], golden["maxLength"])
    original = AutoModelForMaskedLM.from_pretrained(GOLDEN / name).eval()
    with torch.no_grad():
        ours = [original(torch.tensor([ids])).logits[0, 0] for ids in expected_ids]
    theirs = [torch.tensor(row["logits"]) for row in masked["rows"]]
    difference = max((a - b).abs().max().item() for a, b in zip(ours, theirs, strict=True))
    return {
        "classes": [classifier["class"], masked["class"]],
        "tokenizer": type(AutoTokenizer.from_pretrained(folder / "classifier")).__name__,
        "missing": classifier["missing"] + masked["missing"],
        "unexpected": classifier["unexpected"] + masked["unexpected"],
        "idsEqual": all(
            row["ids"] == ids
            for found in (classifier["rows"][count:], masked["rows"])
            for row, ids in zip(found, expected_ids, strict=True)
        ),
        "largestDifference": max((logits - expected).abs().max().item(), difference),
        "files": {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        },
    }


def main() -> int:
    saved = Path(sys.argv[1])
    found = {path.name: check(path, path.name) for path in sorted(saved.iterdir())}
    generator = versions("scripts/golden/check_saved_families.py")
    write_json(ROOT / "test" / "golden" / "saved-families.json", {"generator": generator, "families": found})
    status = 0
    for name, family in found.items():
        print(name, {key: value for key, value in family.items() if key != "files"})
        good = not family["missing"] and not family["unexpected"] and family["idsEqual"]
        if not good or family["largestDifference"] > TOLERANCE:
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
