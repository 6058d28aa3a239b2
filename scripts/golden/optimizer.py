"""Writes test/golden/optimizer.json: AdamW trajectories and learning-rate factors of PyTorch and Hugging Face.

Each trajectory runs 20 updates of torch.optim.AdamW on a few small tensors with drawn gradients: two parameter groups
(weights decay, biases do not) for the body, two for the classification head, gradients clipped by clip_grad_norm_ in
two groups, learning rates set by LambdaLR.

Run: python scripts/golden/optimizer.py
"""

import json
import pathlib

import torch
from golden_files import versions
from transformers import (
    get_constant_schedule_with_warmup,
    get_cosine_schedule_with_warmup,
    get_linear_schedule_with_warmup,
)

STEPS = 20
WARMUP_STEPS = 4

# name, shape, part, decay
PARAMETERS = [
    ("encoder.weight", [5, 7], "body", True),
    ("encoder.bias", [5], "body", False),
    ("encoder.norm.weight", [3], "body", False),
    ("mlm.weight", [4, 4], "mlm-head", True),
    ("mlm.bias", [9], "mlm-head", False),
    ("classification.weight", [3, 6], "classification-head", True),
    ("classification.bias", [3], "classification-head", False),
]

SCHEDULES = {
    "linear": lambda optimizer, warmup, total: get_linear_schedule_with_warmup(optimizer, warmup, total),
    "constant": lambda optimizer, warmup, total: get_constant_schedule_with_warmup(optimizer, warmup),
    "cosine": lambda optimizer, warmup, total: get_cosine_schedule_with_warmup(optimizer, warmup, total),
}


def flat(tensor):
    return tensor.detach().flatten().tolist()


def trajectory(kind, seed):
    generator = torch.Generator().manual_seed(seed)
    values = {
        name: torch.nn.Parameter(torch.randn(shape, generator=generator)) for name, shape, _, _ in PARAMETERS
    }
    initial = {name: flat(value) for name, value in values.items()}

    def members(classification, decay):
        return [
            values[name]
            for name, _, part, decays in PARAMETERS
            if (part == "classification-head") == classification and decays == decay
        ]

    optimizer = torch.optim.AdamW(
        [
            {"params": members(False, True), "lr": 1e-2, "weight_decay": 0.01},
            {"params": members(False, False), "lr": 1e-2, "weight_decay": 0.0},
            {"params": members(True, True), "lr": 1e-1, "weight_decay": 0.1},
            {"params": members(True, False), "lr": 1e-1, "weight_decay": 0.0},
        ],
        betas=(0.9, 0.98),
        eps=1e-6,
    )
    scheduler = SCHEDULES[kind](optimizer, WARMUP_STEPS, STEPS)
    steps = []
    for step in range(STEPS):
        # Norms fall from far above the limit to below it, so that both branches of clipping are taken.
        spread = 2.0 * 0.8**step
        gradients = {}
        for name, shape, _, _ in PARAMETERS:
            gradient = torch.randn(shape, generator=generator) * spread
            gradients[name] = flat(gradient)
            values[name].grad = gradient
        norms = {
            "body": torch.nn.utils.clip_grad_norm_(members(False, True) + members(False, False), 1.0).item(),
            "classification": torch.nn.utils.clip_grad_norm_(members(True, True) + members(True, False), 1.0).item(),
        }
        rates = [group["lr"] for group in optimizer.param_groups]
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()
        steps.append(
            {
                "gradients": gradients,
                "norms": norms,
                "learningRates": {"body": rates[0], "classification": rates[2]},
                "weights": {name: flat(value) for name, value in values.items()},
            }
        )
    return {
        "kind": kind,
        "initial": initial,
        "steps": steps,
        "first": {name: flat(optimizer.state[value]["exp_avg"]) for name, value in values.items()},
        "second": {name: flat(optimizer.state[value]["exp_avg_sq"]) for name, value in values.items()},
    }


def factors(kind, warmup, total):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = SCHEDULES[kind](optimizer, warmup, total)
    values = []
    for _ in range(total + 4):
        values.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    return {"kind": kind, "warmupSteps": warmup, "totalSteps": total, "factors": values}


def rounded(value):
    """Numbers with nine significant digits name every float32; rates and factors are float64 and keep theirs."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, list):
        return [rounded(item) for item in value]
    if isinstance(value, dict):
        return {
            key: item if key in ("learningRates", "factors") else rounded(item) for key, item in value.items()
        }
    return value


golden = {
    "generator": versions("scripts/golden/optimizer.py"),
    "settings": {"beta1": 0.9, "beta2": 0.98, "epsilon": 1e-6, "maxNorm": 1.0},
    "groups": {
        "body": {"learningRate": 1e-2, "weightDecay": 0.01},
        "classification": {"learningRate": 1e-1, "weightDecay": 0.1},
    },
    "warmupSteps": WARMUP_STEPS,
    "totalSteps": STEPS,
    "parameters": [
        {"name": name, "shape": shape, "part": part, "decay": decay} for name, shape, part, decay in PARAMETERS
    ],
    "trajectories": [rounded(trajectory(kind, seed)) for seed, kind in enumerate(SCHEDULES)],
    "schedules": [
        rounded(factors(kind, warmup, total))
        for kind in SCHEDULES
        for warmup, total in [(0, 5), (3, 12), (6, 6), (8, 4), (0, 0), (2, 33)]
    ],
}

target = pathlib.Path(__file__).resolve().parents[2] / "test" / "golden" / "optimizer.json"
target.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
