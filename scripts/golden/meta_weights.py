"""Golden trajectories of learned task weights (META-TARTAN) on the small models.

    python scripts/golden/meta_weights.py            writes test/golden/meta/{bert,roberta}
    python scripts/golden/meta_weights.py --check    makes them anew elsewhere and reports differences

With a = (a_main, a_aux), w = softmax(a), and over the parameters of the encoder alone:

    g_k    gradient of task k's mean cross-entropy on a micro-batch
    g_dev  gradient of the classification loss of a fresh head on dev texts
    c_k    g_dev . g_k / (|g_dev| |g_k|)
    a_k    <- a_k + rate * mean of c_k over the micro-batches, after the optimizer step

Before every step the dev head starts from the weights in the file and takes AdamW steps on the (fixed) encodings of dev
texts; the last is the one whose loss differs from the loss before by less than the tolerance. Dropout is off, batches and
first heads are data, so nothing is random. Start, model and optimizer: test/golden/models/README.md.
"""

import sys
from pathlib import Path
from typing import Any

import torch
from golden_files import versions, write_json, write_or_check
from models import (
    ACCUMULATION,
    BETAS,
    BODY_DECAY,
    BODY_RATE,
    CLIP,
    EPSILON,
    FAMILIES,
    HEAD_DECAY,
    HEAD_RATE,
    as_float64,
    copied,
    corrupt,
    encode,
    groups,
    losses,
    mask_of,
    pad,
)
from safetensors.torch import save_file
from sentences import LABELLED
from tiny_models import ClassificationHead, TinyModel, build
from torch import Tensor
from torch.nn.functional import cross_entropy

OUTPUT = Path(__file__).resolve().parents[2] / "test" / "golden" / "meta"

LENGTH = 32
STEPS = 10
TEXTS_PER_MICRO_BATCH = 4
DEV_TEXTS = 6
FIRST_DEV_TEXT = 36  # the texts before it are for training
HEAD_STD = 0.02
RUNS = {
    # The published settings: the weights hardly move in ten steps.
    "published": {
        "metaLearningRate": 0.01,
        "devHeadSteps": 10,
        "devHeadLearningRate": 1e-3,
        "devHeadWeightDecay": 0.1,
        "devHeadTolerance": 1e-3,
    },
    # Weights and heads that move far.
    "fast": {
        "metaLearningRate": 0.5,
        "devHeadSteps": 8,
        "devHeadLearningRate": 5e-2,
        "devHeadWeightDecay": 0.1,
        "devHeadTolerance": 5e-2,
    },
}
# A loss difference this near to the tolerance would let rounding decide how many steps a head takes.
UNDECIDED = 1e-5

Rows = list[list[int]]
Main = dict[str, Any]


def draw_data(tiny: TinyModel) -> tuple[list[dict[str, Any]], dict[str, Tensor]]:
    """For every step its micro-batches and dev texts, and the first weights of its dev head."""
    generator = torch.Generator().manual_seed(41)
    rows = encode(tiny, [text for text, _ in LABELLED], LENGTH)

    def texts(first: int, end: int, count: int) -> Main:
        chosen = [first + i for i in torch.randperm(end - first, generator=generator)[:count].tolist()]
        return {"ids": [rows[i] for i in chosen], "labels": [LABELLED[i][1] for i in chosen]}

    def training() -> Main:
        return texts(0, FIRST_DEV_TEXT, TEXTS_PER_MICRO_BATCH)

    def dev() -> Main:
        return texts(FIRST_DEV_TEXT, len(rows), DEV_TEXTS)

    steps, heads = [], {}
    for step in range(STEPS):
        micro_batches = [
            {"main": training(), "auxiliary": corrupt(tiny, training()["ids"], generator), "dev": dev()}
            for _ in range(ACCUMULATION)
        ]
        steps.append({"headBatch": dev(), "microBatches": micro_batches})
        for name, value in ClassificationHead().state_dict().items():
            noise = torch.randn(value.shape, generator=generator)
            heads[f"{step}.{name}"] = HEAD_STD * noise if name.endswith("weight") else torch.zeros_like(value)
    return steps, heads


def run(
    tiny: TinyModel, steps: list[dict[str, Any]], heads: dict[str, Tensor], settings: dict[str, Any]
) -> dict[str, Any]:
    """The trajectory of one run: per step the weights used, the mean cosines and the steps of the dev head."""
    tiny = copied(tiny)
    optimizer = torch.optim.AdamW(
        groups(tiny.model, BODY_RATE, BODY_DECAY) + groups(tiny.head, HEAD_RATE, HEAD_DECAY),
        betas=BETAS,
        eps=EPSILON,
        foreach=False,
    )
    body = list(tiny.model.base_model.parameters())
    everything = list(tiny.model.parameters()) + list(tiny.head.parameters())
    a = torch.tensor([0.5, 0.5], dtype=torch.float64)
    result: dict[str, Any] = {"weights": [], "cosines": [], "headLosses": [], "lossMain": [], "lossAuxiliary": []}
    for number, step in enumerate(steps):
        weights = torch.softmax(a, 0)
        optimizer.zero_grad()
        dev_head, head_losses = trained_head(tiny, step["headBatch"], heads, number, settings)
        cosines = torch.zeros(2, dtype=torch.float64)
        means = [0.0, 0.0]
        for micro_batch in step["microBatches"]:
            direction = dev_gradient(tiny, dev_head, micro_batch["dev"], body)
            pair = losses(tiny, micro_batch["main"], micro_batch["auxiliary"])
            for task, loss in enumerate(pair):
                gradients = torch.autograd.grad(loss, everything, allow_unused=True)
                of = dict(zip(everything, gradients, strict=True))
                cosines[task] += cosine(direction, flat([of[p] for p in body])) / ACCUMULATION
                for parameter, gradient in of.items():
                    if gradient is None:
                        continue
                    share = weights[task].to(gradient.dtype) * gradient / ACCUMULATION
                    parameter.grad = share if parameter.grad is None else parameter.grad + share
                means[task] += loss.item() / ACCUMULATION
        torch.nn.utils.clip_grad_norm_(list(tiny.model.parameters()), CLIP, foreach=False)
        torch.nn.utils.clip_grad_norm_(list(tiny.head.parameters()), CLIP, foreach=False)
        optimizer.step()
        a = a + settings["metaLearningRate"] * cosines
        for name, value in (
            ("weights", weights.tolist()),
            ("cosines", cosines.tolist()),
            ("headLosses", head_losses),
            ("lossMain", means[0]),
            ("lossAuxiliary", means[1]),
        ):
            result[name].append(value)
    return {**result, "finalWeights": torch.softmax(a, 0).tolist(), "finalState": a.tolist()}


def trained_head(
    tiny: TinyModel, batch: Main, heads: dict[str, Tensor], step: int, settings: dict[str, Any]
) -> tuple[ClassificationHead, list[float]]:
    """A head from its first weights to the end of its training, and its loss before each of its steps."""
    head = ClassificationHead()
    head.load_state_dict({name: heads[f"{step}.{name}"] for name in head.state_dict()})
    head = head.to(next(tiny.head.parameters()).dtype)
    with torch.no_grad():
        hidden = tiny.hidden(pad(tiny, batch["ids"]), mask_of(batch["ids"]))
    optimizer = torch.optim.AdamW(
        groups(head, settings["devHeadLearningRate"], settings["devHeadWeightDecay"]),
        betas=BETAS,
        eps=EPSILON,
        foreach=False,
    )
    seen: list[float] = []
    while len(seen) < settings["devHeadSteps"]:
        optimizer.zero_grad()
        loss = cross_entropy(head(hidden), torch.tensor(batch["labels"]))
        loss.backward()
        optimizer.step()
        seen.append(loss.item())
        if len(seen) > 1:
            moved = abs(seen[-1] - seen[-2])
            if abs(moved - settings["devHeadTolerance"]) < UNDECIDED:
                raise ValueError(f"step {step}: the loss of the dev head moved by {moved}, too near the tolerance")
            if moved < settings["devHeadTolerance"]:
                break
    return head, seen


def dev_gradient(tiny: TinyModel, head: ClassificationHead, batch: Main, body: list[Tensor]) -> Tensor:
    hidden = tiny.hidden(pad(tiny, batch["ids"]), mask_of(batch["ids"]))
    loss = cross_entropy(head(hidden), torch.tensor(batch["labels"]))
    return flat(torch.autograd.grad(loss, body))


def flat(gradients: Any) -> Tensor:
    """All gradients as one float64 vector; every body parameter takes part in every loss."""
    if any(gradient is None for gradient in gradients):
        raise ValueError("a body parameter got no gradient")
    return torch.cat([gradient.detach().double().flatten() for gradient in gradients])


def cosine(one: Tensor, other: Tensor) -> Tensor:
    return one @ other / (one.norm() * other.norm())


def float32_error(single: dict[str, Any], double: dict[str, Any]) -> dict[str, float]:
    """How far float32 is from float64: largest absolute differences."""

    def largest(name: str) -> float:
        one, other = (torch.tensor(run[name], dtype=torch.float64) for run in (single, double))
        return (one - other).abs().max().item()

    lengths = [[len(losses) for losses in run["headLosses"]] for run in (single, double)]
    if lengths[0] != lengths[1]:
        raise ValueError("float32 and float64 train a dev head for different numbers of steps")
    return {name: largest(name) for name in ("weights", "finalWeights", "cosines")}


def write(folder: Path) -> None:
    for family in FAMILIES:
        target = folder / family
        target.mkdir(parents=True, exist_ok=True)
        tiny = build(family, [text for text, _ in LABELLED])
        steps, heads = draw_data(tiny)
        runs = {}
        for name, settings in RUNS.items():
            single, double = (run(model, steps, heads, settings) for model in (tiny, as_float64(tiny)))
            runs[name] = {
                "settings": settings,
                **single,
                "float32Error": float32_error(single, double),
            }
        save_file(heads, target / "heads.safetensors")
        write_json(
            target / "golden.json",
            {
                "generator": versions("scripts/golden/meta_weights.py"),
                "body": {"rate": BODY_RATE, "decay": BODY_DECAY, "clip": CLIP},
                "head": {"rate": HEAD_RATE, "decay": HEAD_DECAY, "clip": CLIP},
                "steps": steps,
                "runs": runs,
            },
        )
        for path in target.iterdir():
            path.chmod(0o644)  # safetensors files come readable by their owner alone


if __name__ == "__main__":
    sys.exit(write_or_check(__doc__, write, OUTPUT, FAMILIES))
