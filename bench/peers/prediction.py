"""Predictions with transformers' text-classification pipeline. The variant is the number of texts in a batch."""

from time import perf_counter
from typing import Any

import torch
from transformers import pipeline

from side import ATTENTION, Answer, answer, serve


def open_prediction(work: Any):
    classify = pipeline(
        "text-classification",
        model=work["folder"],
        device="cpu",
        dtype=torch.float32,
        model_kwargs={"attn_implementation": ATTENTION},
    )
    ids = classify.model.config.label2id

    def handle(request: Any) -> Answer:
        texts = work["texts"][request["from"] : request["to"]]
        start = perf_counter()
        results = classify(
            texts,
            batch_size=request["batchSize"],
            top_k=None,
            truncation=True,
            max_length=work["maxLength"],
        )
        seconds = perf_counter() - start
        best = [max(scores, key=lambda score: score["score"])["label"] for scores in results]
        return answer(seconds, items=[ids[label] for label in best])

    return handle


if __name__ == "__main__":
    serve(open_prediction)
