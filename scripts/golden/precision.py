"""How far float32 golden values are from the same computation in float64.

The difference bounds what a test can ask of another float32 implementation.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

ESTIMATORS = ["pll", "pll-word-l2r"]
SCHEDULES = ["linear", "constant"]


@dataclass(frozen=True)
class Golden:
    """The values of one model: what goes into golden.json, and tensors by file and name."""

    plain: dict[str, Any]
    tensors: dict[str, dict[str, Tensor]]


def float32_error(single: Golden, double: Golden) -> dict[str, Any]:
    """The largest differences, in the measures that test/golden/models/README.md explains."""
    trained = {name: scaled(single, double, f"trained-{name}") for name in SCHEDULES}
    return {
        "forward": max(
            (single.tensors["forward"][name] - value).abs().max().item()
            for name, value in double.tensors["forward"].items()
        ),
        "gradient": max(
            relative(single.tensors["gradients"][name], value)
            for name, value in double.tensors["gradients"].items()
            if not is_key_bias(name)
        ),
        "lossCurve": {name: largest(curve(single, name), curve(double, name)) for name in SCHEDULES},
        "trainedWeights": {
            name: max(value for key, value in errors.items() if not is_key_bias(key))
            for name, errors in trained.items()
        },
        "trainedKeyBias": {
            name: max(value for key, value in errors.items() if is_key_bias(key))
            for name, errors in trained.items()
        },
        "likelihood": largest(scores(single), scores(double)),
    }


def is_key_bias(name: str) -> bool:
    """Adding a constant to all scores of a softmax changes nothing: this gradient is exactly 0,
    and what a float computes for it is noise that AdamW then divides by its own size."""
    return name.endswith("attention.self.key.bias")


def relative(actual: Tensor, expected: Tensor) -> float:
    """|actual - expected| / |expected|, Euclidean norms."""
    return ((actual - expected).norm() / expected.norm()).item()


def scaled(single: Golden, double: Golden, file: str) -> dict[str, float]:
    """Per tensor: largest difference over the largest value."""
    return {
        name: ((single.tensors[file][name] - value).abs().max() / value.abs().max()).item()
        for name, value in double.tensors[file].items()
    }


def curve(golden: Golden, schedule: str) -> list[float]:
    curves = golden.plain["training"]["schedules"][schedule]
    return curves["lossMain"] + curves["lossAuxiliary"]


def scores(golden: Golden) -> list[float]:
    return [
        score
        for text in golden.plain["likelihood"]["texts"]
        for estimator in ESTIMATORS
        for score in text[estimator]
        if score is not None
    ]


def largest(actual: Iterable[float], expected: Iterable[float]) -> float:
    return max(abs(a - b) for a, b in zip(actual, expected, strict=True))
