"""How far attributions agree with what masking a token does to the logit. Writes no file.

    python scripts/golden/attribution_agreement.py MODEL TEXTS.jsonl [--texts 25] [--tokens 64]

MODEL is the folder of a trained classifier. For each of the first texts, the effect of a token is logit(text) -
logit(text with the token masked), of the predicted label. Printed for each input of gradient x input: the mean over
the texts of Spearman's rank correlation with the effects, and for the tenth of the tokens with the strongest effects
the share whose attribution has the sign of the effect.
"""

import argparse
import json
import sys
from itertools import islice
from pathlib import Path

import torch
from scipy.stats import spearmanr
from transformers import AutoModelForSequenceClassification, PreTrainedTokenizerFast
from transformers.utils import logging


def attributions(model, ids: list[int], label: int, module: torch.nn.Module) -> torch.Tensor:
    """[n]: gradient x input of a label's logit at the output of a module."""
    seen: list[torch.Tensor] = []
    handle = module.register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    logit = model(input_ids=torch.tensor([ids])).logits[0, label]
    handle.remove()
    [x] = seen
    (gradient,) = torch.autograd.grad(logit, x)
    return (gradient * x).sum(dim=-1)[0].detach()


@torch.no_grad()
def masking_effects(model, ids: list[int], label: int, mask: int) -> torch.Tensor:
    """[n - 2]: of every token between the special ones."""
    copies = torch.tensor([ids] * (len(ids) - 2))
    for row in range(len(ids) - 2):
        copies[row, row + 1] = mask
    plain = model(input_ids=torch.tensor([ids])).logits[0, label]
    return plain - model(input_ids=copies).logits[:, label]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--texts", dest="count", type=int, default=25)
    parser.add_argument("--tokens", type=int, default=64)
    given = parser.parse_args()
    logging.disable_progress_bar()
    model = AutoModelForSequenceClassification.from_pretrained(given.model, attn_implementation="eager").eval()
    tokenizer = PreTrainedTokenizerFast.from_pretrained(given.model)
    modules = {"words": model.get_input_embeddings(), "embeddings": model.base_model.embeddings}
    found = {name: ([], []) for name in modules}
    with given.texts.open(encoding="utf-8") as lines:
        for line in islice(lines, given.count):
            ids = tokenizer(json.loads(line)["text"], truncation=True, max_length=given.tokens)["input_ids"]
            label = int(model(input_ids=torch.tensor([ids])).logits[0].argmax())
            effects = masking_effects(model, ids, label, tokenizer.mask_token_id)
            strong = effects.abs().topk(max(1, len(effects) // 10)).indices
            for name, module in modules.items():
                values = attributions(model, ids, label, module)[1:-1]
                ranks, signs = found[name]
                ranks.append(float(spearmanr(values, effects).statistic))
                signs.append((values[strong].sign() == effects[strong].sign()).float().mean().item())
    for name, (ranks, signs) in found.items():
        print(
            f"{name}: Spearman {sum(ranks) / len(ranks):.2f}, "
            f"same sign {sum(signs) / len(signs):.2f}, {len(ranks)} texts"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
