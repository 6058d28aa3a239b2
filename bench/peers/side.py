"""The peer's half of the conversation: requests and answers as JSON lines, and the models both sides work on."""

import json
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import (
    AutoModelForMaskedLM,
    AutoModelForSequenceClassification,
    PreTrainedModel,
    RobertaConfig,
    RobertaForMaskedLM,
)

Answer = dict[str, Any]

# What a good user would ask for on a CPU.
ATTENTION = "sdpa"


def read_work() -> Any:
    """The work of the file named on the command line; sets the number of threads it asks for."""
    file = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    torch.set_num_threads(file["threads"])
    torch.manual_seed(0)
    transformers.utils.logging.set_verbosity_error()
    return file["work"]


def clock() -> float:
    """Seconds: of processor time with one thread, where others on the same processor do not count, else of the clock."""
    return time.process_time() if torch.get_num_threads() == 1 else time.perf_counter()


def write(value: Any) -> None:
    print(json.dumps(value), flush=True)


def answer(seconds: float, values: dict[str, float] | None = None, items: list[int] | None = None) -> Answer:
    return {"seconds": seconds, "values": values or {}, "list": items or []}


def peak_bytes() -> float:
    """The most memory this process has held, as Linux counts it."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return 1024 * float(line.split()[1])
    return float("nan")


def serve(open_work: Callable[[Any], Callable[[Any], Answer]]) -> None:
    """Answers requests, one a line, until the input ends."""
    try:
        handle = open_work(read_work())
        write(
            {
                "versions": {
                    "python": sys.version.split()[0],
                    "torch": torch.__version__,
                    "transformers": transformers.__version__,
                }
            }
        )
        for line in sys.stdin:
            request = json.loads(line)
            if request["do"] == "memory":
                write(answer(0, {"peakBytes": peak_bytes()}))
            else:
                write(handle(request))
    except Exception:
        write({"error": traceback.format_exc()})
        sys.exit(1)


def masked_language_model(source: Any) -> PreTrainedModel:
    """The model of a source, RoBERTa or BERT, from its folder or with random weights."""
    if source["maskedFolder"] is not None:
        return AutoModelForMaskedLM.from_pretrained(
            source["maskedFolder"], dtype=torch.float32, attn_implementation=ATTENTION
        )
    config = RobertaConfig(**source["config"], attn_implementation=ATTENTION)
    return RobertaForMaskedLM(config)


def classifier_over(masked: PreTrainedModel, source: Any, classes: int) -> PreTrainedModel:
    """A classifier that shares the body of the masked language model."""
    if source["classifierFolder"] is not None:
        classifier = AutoModelForSequenceClassification.from_pretrained(
            source["classifierFolder"], dtype=torch.float32, attn_implementation=ATTENTION
        )
    else:
        config = type(masked.config).from_dict({**masked.config.to_dict(), "num_labels": classes})
        # Only the head is kept: one layer is enough of a body.
        config.num_hidden_layers = 1
        classifier = AutoModelForSequenceClassification.from_config(config, attn_implementation=ATTENTION)
    # BERT's pooler is in the body, but belongs to the head.
    classifier.base_model.embeddings = masked.base_model.embeddings
    classifier.base_model.encoder = masked.base_model.encoder
    return classifier


def head_parameters(classifier: PreTrainedModel) -> list[torch.nn.Parameter]:
    """What a classifier has beside the body that it shares."""
    body = {id(p) for part in ("embeddings", "encoder") for p in getattr(classifier.base_model, part).parameters()}
    return [p for p in classifier.parameters() if id(p) not in body]


def padded(texts: list[list[int]], pad: int) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Ids [B, S] padded to the longest text, and the attention mask; no mask where nothing is padded, which is faster."""
    longest = max(len(ids) for ids in texts)
    ids = torch.tensor([text + [pad] * (longest - len(text)) for text in texts])
    if all(len(text) == longest for text in texts):
        return ids, None
    mask = torch.tensor([[1] * len(text) + [0] * (longest - len(text)) for text in texts])
    return ids, mask
