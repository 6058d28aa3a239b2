"""Token likelihoods the usual way: one masked copy for each token, padded batches, a pass of the masked language model.

Variants: logits of all positions (the model as it is called), or of the masked position alone. The token and what follows
of its word are masked (pll-word-l2r).
"""

from typing import Any

import torch
from torch import Tensor

from side import Answer, answer, clock, masked_language_model, padded, serve

NO_WORD = -1


def open_likelihood(work: Any):
    model = masked_language_model(work["model"]).eval()
    pad = model.config.pad_token_id

    def masked_copies(text: Any) -> list[tuple[list[int], int, int]]:
        """For each token that is not special: the copy, the position, the token."""
        ids, words = text["ids"], text["wordIds"]
        copies = []
        for position, word in enumerate(words):
            if word == NO_WORD:
                continue
            copy = list(ids)
            later = position
            while later < len(ids) and words[later] == word:
                copy[later] = work["maskId"]
                later += 1
            copies.append((copy, position, ids[position]))
        return copies

    def log_probabilities(batch: list[tuple[list[int], int, int]], variant: str) -> Tensor:
        ids, mask = padded([copy for copy, _, _ in batch], pad)
        rows = torch.arange(len(batch))
        positions = torch.tensor([position for _, position, _ in batch])
        tokens = torch.tensor([token for _, _, token in batch])
        if variant == "all":
            logits = model(input_ids=ids, attention_mask=mask).logits[rows, positions]
        else:
            hidden = model.base_model(input_ids=ids, attention_mask=mask).last_hidden_state
            decode = model.lm_head if hasattr(model, "lm_head") else model.cls
            logits = decode(hidden[rows, positions])
        return torch.log_softmax(logits, dim=-1)[rows, tokens]

    @torch.inference_mode()
    def handle(request: Any) -> Answer:
        start = clock()
        copies = [copy for text in request["texts"] for copy in masked_copies(work["texts"][text])]
        size = work["copies"]
        total = sum(
            float(log_probabilities(copies[first : first + size], request["variant"]).double().sum())
            for first in range(0, len(copies), size)
        )
        seconds = clock() - start
        model_tokens = sum(len(copy) for copy, _, _ in copies)
        return answer(seconds, {"sum": total, "scoredTokens": len(copies), "modelTokens": model_tokens})

    return handle


if __name__ == "__main__":
    serve(open_likelihood)
