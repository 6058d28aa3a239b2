"""Writing golden files so that a rerun gives the same bytes, and comparing two sets of them."""

import argparse
import importlib.metadata
import json
import platform
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import torch
from safetensors.numpy import load_file
from transformers.utils import logging

LIBRARIES = ["torch", "transformers", "tokenizers", "safetensors", "numpy"]
# The largest absolute difference that another machine's rounding may cause.
TOLERANCE = 1e-4


def versions(script: str) -> dict[str, str]:
    """What made a golden file."""
    return {
        "script": script,
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in LIBRARIES},
    }


def write_json(path: Path, value: Any) -> None:
    """Indented objects, but a list of plain values on one line."""
    path.write_text(dump(value, 0) + "\n", encoding="utf-8")


def dump(value: Any, depth: int) -> str:
    inner, outer = " " * (depth + 1), " " * depth
    if isinstance(value, dict):
        rows = [f"{inner}{json.dumps(key)}: {dump(item, depth + 1)}" for key, item in value.items()]
        return "{\n" + ",\n".join(rows) + f"\n{outer}}}"
    if isinstance(value, list):
        if not any(isinstance(item, (dict, list, str)) for item in value):
            return "[" + ",".join(dump(item, depth) for item in value) + "]"
        return "[\n" + ",\n".join(inner + dump(item, depth + 1) for item in value) + f"\n{outer}]"
    if isinstance(value, float):
        # Nine digits tell every float32 apart.
        return json.dumps(float(f"{value:.9g}"), allow_nan=False)
    return json.dumps(value, ensure_ascii=False)


def write_or_check(description: str, write: Callable[[Path], None], output: Path, folders: list[str]) -> int:
    """Writes the golden files, or with --check compares new ones with them; the exit status."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with the files instead of writing")
    check = parser.parse_args().check
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    logging.disable_progress_bar()
    if not check:
        write(output)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        return compare_folders(output, Path(folder), folders)


def compare_folders(expected: Path, actual: Path, folders: list[str]) -> int:
    """Prints the largest difference of every file; 1 if one is missing, differs in form or by too much."""
    status = 0
    for folder in folders:
        names = {path.name for root in (expected, actual) for path in (root / folder).iterdir()}
        for name in sorted(names):
            verdict, good = compare_files(expected / folder / name, actual / folder / name)
            print(f"{folder}/{name}: {verdict}")
            status = status if good else 1
    return status


def compare_files(expected: Path, actual: Path) -> tuple[str, bool]:
    if not expected.exists() or not actual.exists():
        return f"missing in the {'old' if actual.exists() else 'new'} files", False
    if expected.read_bytes() == actual.read_bytes():
        return "identical", True
    try:
        if expected.suffix == ".safetensors":
            difference = tensor_difference(load_file(expected), load_file(actual))
        else:
            difference = json_difference(
                json.loads(expected.read_text("utf-8")), json.loads(actual.read_text("utf-8")), ""
            )
    except ValueError as error:
        return str(error), False
    return f"largest difference {difference:.3g}", difference <= TOLERANCE


def tensor_difference(one: dict[str, numpy.ndarray], other: dict[str, numpy.ndarray]) -> float:
    if one.keys() != other.keys():
        raise ValueError(f"other tensors: {sorted(one.keys() ^ other.keys())}")
    largest = 0.0
    for name, value in one.items():
        if value.shape != other[name].shape:
            raise ValueError(f"{name}: shape {value.shape} became {other[name].shape}")
        largest = max(largest, float(numpy.abs(value - other[name]).max()))
    return largest


def json_difference(one: Any, other: Any, place: str) -> float:
    """Largest difference of two numbers; everything else must be equal, versions excepted."""
    if place == ".generator":
        return 0.0
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return max((json_difference(one[key], other[key], f"{place}.{key}") for key in one), default=0.0)
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return max((json_difference(a, b, f"{place}[{i}]") for i, (a, b) in pairs), default=0.0)
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other)
    if one != other:
        raise ValueError(f"{place}: {str(one)[:60]} became {str(other)[:60]}")
    return 0.0
