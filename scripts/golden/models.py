"""Golden files of the small models: forward values, gradients, training and likelihoods.

    python scripts/golden/models.py            writes test/golden/models/{bert,roberta}
    python scripts/golden/models.py --check    makes them anew elsewhere and reports differences

Everything is float32 on one thread, dropout off. What the files hold: test/golden/models/README.md.
"""

import copy
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from golden_files import versions, write_json, write_or_check
from precision import Golden, float32_error
from safetensors.torch import save_file
from sentences import LABELLED, UNSEEN
from tiny_models import CLASSES, TinyModel, build, is_layer_norm
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import get_constant_schedule_with_warmup, get_linear_schedule_with_warmup

OUTPUT = Path(__file__).resolve().parents[2] / "test" / "golden" / "models"
FAMILIES = ["bert", "roberta"]

FORWARD_LENGTH = 64  # every row of the position table is used
SCORE_LENGTH = 48
TRAINING_LENGTH = 40

MASK_PROBABILITY = 0.15
TASK_WEIGHT = 0.5
STEPS = 20
ACCUMULATION = 2
TEXTS_PER_MICRO_BATCH = 4
WARMUP_STEPS = math.ceil(0.06 * STEPS)
BODY_RATE, BODY_DECAY = 2e-3, 0.01
HEAD_RATE, HEAD_DECAY = 1e-2, 0.1
BETAS, EPSILON, CLIP = (0.9, 0.98), 1e-6, 1.0
NO_LABEL = -100

Corrupted = dict[str, Any]
Batch = dict[str, Any]


# Rows of ids


def encode(tiny: TinyModel, texts: list[str], length: int) -> list[list[int]]:
    return tiny.tokenizer(texts, truncation=True, max_length=length)["input_ids"]


def pad(tiny: TinyModel, rows: list[list[int]], filler: int | None = None) -> Tensor:
    """Rows of different lengths -> [B, S], padded on the right."""
    value = tiny.tokenizer.pad_token_id if filler is None else filler
    width = max(map(len, rows))
    return torch.tensor([row + [value] * (width - len(row)) for row in rows])


def mask_of(rows: list[list[int]]) -> Tensor:
    """1 where a row has a token: [B, S]."""
    width = max(map(len, rows))
    return torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])


def corrupt(tiny: TinyModel, rows: list[list[int]], generator: torch.Generator) -> Corrupted:
    """Selects 15 % of the non-special tokens; 80 % mask token, 10 % random, 10 % unchanged.

    Random ids are never special: a pad id inside a text would make the library count RoBERTa's
    positions differently from then on.
    """
    special = set(tiny.tokenizer.all_special_ids)
    ordinary = [i for i in range(len(tiny.tokenizer)) if i not in special]
    masked, positions, labels = [], [], []
    for row in rows:
        draws = torch.rand(len(row), 2, generator=generator).tolist()
        others = torch.randint(len(ordinary), (len(row),), generator=generator).tolist()
        chosen = [
            i for i, token in enumerate(row) if token not in special and draws[i][0] < MASK_PROBABILITY
        ]
        changed = list(row)
        for i in chosen:
            if draws[i][1] < 0.8:
                changed[i] = tiny.tokenizer.mask_token_id
            elif draws[i][1] < 0.9:
                changed[i] = ordinary[others[i]]
        masked.append(changed)
        positions.append(chosen)
        labels.append([row[i] for i in chosen])
    if not any(positions):
        raise ValueError("no token was selected: the loss would be undefined")
    return {"ids": masked, "positions": positions, "labels": labels}


# 1. Forward


def forward_values(tiny: TinyModel) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Hidden states, MLM logits at some positions and class logits, padded together and alone."""
    texts = [LABELLED[i][0] for i in (1, 0, 20, 26, 33)] + [" ".join(UNSEEN)]
    rows = encode(tiny, texts, FORWARD_LENGTH)
    positions = [[0, len(row) // 2, len(row) - 2] for row in rows]
    alone = [forward_rows(tiny, [row], [at]) for row, at in zip(rows, positions, strict=True)]
    tensors = {
        f"padded.{name}": value for name, value in forward_rows(tiny, rows, positions).items()
    } | {f"alone.{name}": torch.cat([one[name] for one in alone]) for name in alone[0]}
    return {
        "maxLength": FORWARD_LENGTH,
        "texts": texts,
        "lengths": [len(row) for row in rows],
        "ids": rows,
        "logitPositions": positions,
    }, tensors


@torch.no_grad()
def forward_rows(
    tiny: TinyModel, rows: list[list[int]], positions: list[list[int]]
) -> dict[str, Tensor]:
    ids, mask = pad(tiny, rows), mask_of(rows)
    hidden = tiny.hidden(ids, mask)
    logits = tiny.model(input_ids=ids, attention_mask=mask).logits
    return {
        "hidden": hidden[mask.bool()],
        "mlm_logits": torch.cat([logits[b, at] for b, at in enumerate(positions)]),
        "class_logits": tiny.head(hidden),
    }


# 2. Loss and gradients


def losses(tiny: TinyModel, main: Batch, auxiliary: Corrupted) -> tuple[Tensor, Tensor]:
    """CE of the classes (mean over texts) and CE of the MLM (mean over selected positions).

    Two passes of the encoder: clean ids for the classes, corrupted ids for the MLM, whose loss
    is the library's own.
    """
    hidden = tiny.hidden(pad(tiny, main["ids"]), mask_of(main["ids"]))
    loss_main = cross_entropy(tiny.head(hidden), torch.tensor(main["labels"]))
    rows = auxiliary["ids"]
    targets = [[NO_LABEL] * len(row) for row in rows]
    for target, at, labels in zip(targets, auxiliary["positions"], auxiliary["labels"], strict=True):
        for position, label in zip(at, labels, strict=True):
            target[position] = label
    loss_auxiliary = tiny.model(
        input_ids=pad(tiny, rows), attention_mask=mask_of(rows), labels=pad(tiny, targets, NO_LABEL)
    ).loss
    return loss_main, loss_auxiliary


def named_parameters(tiny: TinyModel) -> Iterator[tuple[str, torch.nn.Parameter]]:
    """Names as in model.safetensors; the head's carry the prefix `classification.`."""
    yield from tiny.model.named_parameters()
    for name, parameter in tiny.head.named_parameters():
        yield f"classification.{name}", parameter


def gradient_values(tiny: TinyModel) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """One multi-task loss and the gradient of every parameter (the tied decoder's included)."""
    tiny = copied(tiny)
    chosen = [LABELLED[i] for i in (5, 11, 17, 43, 29, 50)]
    rows = encode(tiny, [text for text, _ in chosen], FORWARD_LENGTH)
    main = {"ids": rows, "labels": [label for _, label in chosen]}
    auxiliary = corrupt(tiny, rows, torch.Generator().manual_seed(31))
    loss_main, loss_auxiliary = losses(tiny, main, auxiliary)
    total = TASK_WEIGHT * loss_main + TASK_WEIGHT * loss_auxiliary
    total.backward()
    gradients = {name: gradient_of(parameter) for name, parameter in named_parameters(tiny)}
    return {
        "taskWeights": {"main": TASK_WEIGHT, "auxiliary": TASK_WEIGHT},
        "main": main,
        "auxiliary": auxiliary,
        "lossMain": loss_main.item(),
        "lossAuxiliary": loss_auxiliary.item(),
        "loss": total.item(),
    }, gradients


def gradient_of(parameter: torch.nn.Parameter) -> Tensor:
    if parameter.grad is None:
        raise ValueError("a parameter got no gradient: every one takes part in the loss")
    return parameter.grad.clone()


# 3. Training


def training_batches(tiny: TinyModel) -> list[list[dict[str, Any]]]:
    """STEPS lists of ACCUMULATION micro-batches, each with its main and auxiliary texts."""
    generator = torch.Generator().manual_seed(32)
    rows = encode(tiny, [text for text, _ in LABELLED], TRAINING_LENGTH)

    def draw() -> list[int]:
        return torch.randperm(len(rows), generator=generator)[:TEXTS_PER_MICRO_BATCH].tolist()

    def micro_batch() -> dict[str, Any]:
        main = draw()
        return {
            "main": {"ids": [rows[i] for i in main], "labels": [LABELLED[i][1] for i in main]},
            "auxiliary": corrupt(tiny, [rows[i] for i in draw()], generator),
        }

    return [[micro_batch() for _ in range(ACCUMULATION)] for _ in range(STEPS)]


def train(
    tiny: TinyModel, steps: list[list[dict[str, Any]]], schedule: str
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """AdamW on the multi-task loss; returns the curves and the final weights."""
    tiny = copied(tiny)
    body, head = list(tiny.model.parameters()), list(tiny.head.parameters())
    optimizer = torch.optim.AdamW(
        groups(tiny.model, BODY_RATE, BODY_DECAY) + groups(tiny.head, HEAD_RATE, HEAD_DECAY),
        betas=BETAS,
        eps=EPSILON,
        foreach=False,
    )
    scheduler = (
        get_linear_schedule_with_warmup(optimizer, WARMUP_STEPS, STEPS)
        if schedule == "linear"
        else get_constant_schedule_with_warmup(optimizer, WARMUP_STEPS)
    )
    curves: dict[str, list[float]] = {
        name: []
        for name in ("lossMain", "lossAuxiliary", "bodyNorm", "headNorm", "bodyRate", "headRate")
    }
    for micro_batches in steps:
        optimizer.zero_grad()
        means = [0.0, 0.0]
        for micro_batch in micro_batches:
            pair = losses(tiny, micro_batch["main"], micro_batch["auxiliary"])
            (TASK_WEIGHT * (pair[0] + pair[1]) / ACCUMULATION).backward()
            means = [mean + loss.item() / ACCUMULATION for mean, loss in zip(means, pair, strict=True)]
        # Each norm is the one before clipping.
        body_norm = torch.nn.utils.clip_grad_norm_(body, CLIP, foreach=False).item()
        head_norm = torch.nn.utils.clip_grad_norm_(head, CLIP, foreach=False).item()
        rates = scheduler.get_last_lr()
        optimizer.step()
        scheduler.step()
        row = (*means, body_norm, head_norm, rates[0], rates[-1])
        for values, value in zip(curves.values(), row, strict=True):
            values.append(value)
    return curves, {name: value.detach().clone() for name, value in named_parameters(tiny)}


def groups(module: torch.nn.Module, rate: float, decay: float) -> list[dict[str, Any]]:
    """Weight decay for weights, none for biases and LayerNorm parameters."""
    kept, plain = [], []
    for name, parameter in module.named_parameters():
        (plain if name.endswith("bias") or is_layer_norm(name) else kept).append(parameter)
    return [
        {"params": kept, "lr": rate, "weight_decay": decay},
        {"params": plain, "lr": rate, "weight_decay": 0.0},
    ]


# 4. Likelihood


def likelihood_values(tiny: TinyModel) -> dict[str, Any]:
    """pll and pll-word-l2r of 50 texts: null at special tokens, natural log elsewhere."""
    texts = [text for text, _ in LABELLED[: 50 - len(UNSEEN)]] + UNSEEN
    encoded = tiny.tokenizer(texts, truncation=True, max_length=SCORE_LENGTH)
    scored = []
    for index, text in enumerate(texts):
        ids, words = encoded["input_ids"][index], encoded.word_ids(index)
        scored.append(
            {
                "text": text,
                "ids": ids,
                "wordIds": words,
                "pll": token_scores(tiny, ids, words, within_word=False),
                "pll-word-l2r": token_scores(tiny, ids, words, within_word=True),
            }
        )
    return {"maxLength": SCORE_LENGTH, "texts": scored}


@torch.no_grad()
def token_scores(
    tiny: TinyModel, ids: list[int], words: list[int | None], within_word: bool
) -> list[float | None]:
    """log P(t_i | copy of the text with t_i masked, and the rest of its word if within_word)."""
    real = [i for i, word in enumerate(words) if word is not None]
    copies = torch.tensor([ids] * len(real))
    for copy_of, i in enumerate(real):
        for j in real:
            if j == i or (within_word and j > i and words[j] == words[i]):
                copies[copy_of, j] = tiny.tokenizer.mask_token_id
    logits = tiny.model(input_ids=copies, attention_mask=torch.ones_like(copies)).logits
    scores: list[float | None] = [None] * len(ids)
    for copy_of, i in enumerate(real):
        scores[i] = torch.log_softmax(logits[copy_of, i].double(), dim=0)[ids[i]].item()
    return scores


# Files


def copied(tiny: TinyModel) -> TinyModel:
    return TinyModel(tiny.family, copy.deepcopy(tiny.model), copy.deepcopy(tiny.head), tiny.tokenizer)


def as_float64(tiny: TinyModel) -> TinyModel:
    other = copied(tiny)
    return TinyModel(tiny.family, other.model.double(), other.head.double(), tiny.tokenizer)


def values_of(tiny: TinyModel) -> Golden:
    """All golden numbers: the part for golden.json and the tensors by file name."""
    forward, forward_tensors = forward_values(tiny)
    gradient, gradients = gradient_values(tiny)
    steps = training_batches(tiny)
    linear, linear_weights = train(tiny, steps, "linear")
    constant, constant_weights = train(tiny, steps, "constant")
    tokens = tiny.tokenizer
    plain = {
        "special": {
            "start": tokens.cls_token_id,
            "end": tokens.sep_token_id,
            "pad": tokens.pad_token_id,
            "unknown": tokens.unk_token_id,
            "mask": tokens.mask_token_id,
        },
        "classes": CLASSES,
        "forward": forward,
        "gradient": gradient,
        "training": {
            "maxLength": TRAINING_LENGTH,
            "warmupSteps": WARMUP_STEPS,
            "accumulation": ACCUMULATION,
            "taskWeights": {"main": TASK_WEIGHT, "auxiliary": TASK_WEIGHT},
            "body": {"rate": BODY_RATE, "decay": BODY_DECAY, "clip": CLIP},
            "head": {"rate": HEAD_RATE, "decay": HEAD_DECAY, "clip": CLIP},
            "betas": list(BETAS),
            "epsilon": EPSILON,
            "steps": steps,
            "schedules": {"linear": linear, "constant": constant},
        },
        "likelihood": likelihood_values(tiny),
    }
    return Golden(
        plain,
        {
            "forward": forward_tensors,
            "gradients": gradients,
            "trained-linear": linear_weights,
            "trained-constant": constant_weights,
        },
    )


def write(folder: Path) -> None:
    for family in FAMILIES:
        tiny = build(family, [text for text, _ in LABELLED])
        single, double = values_of(tiny), values_of(as_float64(tiny))
        target = folder / family
        target.mkdir(parents=True, exist_ok=True)
        tiny.save(target)
        for name, tensors in single.tensors.items():
            contiguous = {key: value.float().contiguous() for key, value in tensors.items()}
            save_file(contiguous, target / f"{name}.safetensors")
        write_json(
            target / "golden.json",
            {
                "generator": versions("scripts/golden/models.py"),
                "family": family,
                **single.plain,
                "float32Error": float32_error(single, double),
            },
        )
        for path in target.iterdir():
            path.chmod(0o644)  # safetensors files come readable by their owner alone


if __name__ == "__main__":
    sys.exit(write_or_check(__doc__, write, OUTPUT, FAMILIES))
