"""Training steps with transformers and torch.optim.AdamW: a classification pass, a masked-token pass if asked for, one update.

Variants, "PRECISION HEAD": float32 or bfloat16 (autocast); the head of the masked language model over all positions
(`RobertaForMaskedLM` with labels, as everyone runs it) or over the selected ones alone.
"""

from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from side import Answer, answer, classifier_over, clock, head_parameters, masked_language_model, padded, serve

BETAS = (0.9, 0.98)
EPSILON = 1e-6
WEIGHT_DECAY = 0.01
HEAD_WEIGHT_DECAY = 0.1
IGNORED = -100


def open_training(work: Any):
    masked = masked_language_model(work["model"]).train()
    classifier = classifier_over(masked, work["model"], work["classes"]).train()
    pad = masked.config.pad_token_id
    both = work.get("tasks", "both") == "both"
    main_weight = 0.5 if both else 1.0
    # The masked-token head is part of the body's group, if it is trained at all.
    body = list((masked if both else masked.base_model).parameters())
    head = head_parameters(classifier)
    rate = work["learningRate"]
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for p in body if p.dim() > 1], "lr": rate, "weight_decay": WEIGHT_DECAY},
            {"params": [p for p in body if p.dim() == 1], "lr": rate, "weight_decay": 0.0},
            {"params": [p for p in head if p.dim() > 1], "lr": 10 * rate, "weight_decay": HEAD_WEIGHT_DECAY},
            {"params": [p for p in head if p.dim() == 1], "lr": 10 * rate, "weight_decay": 0.0},
        ],
        betas=BETAS,
        eps=EPSILON,
        fused=True,
    )

    def main_loss(task: Any) -> Tensor:
        ids, mask = padded(task["texts"], pad)
        return classifier(input_ids=ids, attention_mask=mask, labels=torch.tensor(task["labels"])).loss

    def auxiliary_loss(task: Any, of_all_positions: bool) -> Tensor:
        ids, mask = padded(task["texts"], pad)
        labels = torch.full_like(ids, IGNORED)
        found = iter(task["labels"])
        for text, targets in enumerate(task["targets"]):
            for position in targets:
                labels[text, position] = next(found)
        if of_all_positions:
            return masked(input_ids=ids, attention_mask=mask, labels=labels).loss
        hidden = masked.base_model(input_ids=ids, attention_mask=mask).last_hidden_state
        chosen = labels != IGNORED
        decode = masked.lm_head if hasattr(masked, "lm_head") else masked.cls
        return cross_entropy(decode(hidden[chosen]), labels[chosen])

    def step(micros: list[Any], variant: str) -> dict[str, float]:
        precision, head_kind = variant.split(" ")
        bfloat16 = precision == "bfloat16"
        share = 1 / len(micros)
        losses = {"mainLoss": 0.0, "auxiliaryLoss": 0.0}
        for micro in micros:
            with torch.autocast("cpu", torch.bfloat16) if bfloat16 else nullcontext():
                loss = main_loss(micro["main"])
            (main_weight * share * loss).backward()
            losses["mainLoss"] += share * loss.item()
            if not both or len(micro["auxiliary"]["labels"]) == 0:
                continue
            with torch.autocast("cpu", torch.bfloat16) if bfloat16 else nullcontext():
                loss = auxiliary_loss(micro["auxiliary"], head_kind == "all")
            (0.5 * share * loss).backward()
            losses["auxiliaryLoss"] += share * loss.item()
        torch.nn.utils.clip_grad_norm_(body, 1.0)
        torch.nn.utils.clip_grad_norm_(head, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return losses

    def handle(request: Any) -> Answer:
        micros = work["steps"][request["step"]]
        start = clock()
        losses = step(micros, request["variant"])
        return answer(clock() - start, losses)

    return handle


if __name__ == "__main__":
    serve(open_training)
