"""Train a masked language model further on one GPU, in PyTorch.

    python scripts/pretrain/gpu_pretraining.py MODEL OUTPUT --text TEXT... --validation-text TEXT --minutes 7

MODEL is a folder that `l3masking pretrain` wrote (RoBERTa); OUTPUT receives the same files with the new weights in float16, and
`journal.csv`. TEXT is UTF-8, one paragraph a line, an empty line between documents, plain or .xz.

The objective is that of `pretrain`: windows of random text between the first and the last token, a share of the tokens selected,
of those 80 % masked, 10 % random, 10 % kept. In some windows positions begin at a random place, and the last part of the time
has windows as long as the model reads, so that all positions are trained. The learning rate warms up and then falls linearly
with the clock, so a run takes the minutes that it is given and depends on the speed of the machine.
"""
import argparse
import csv
import lzma
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import numpy
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import RobertaForMaskedLM

LONG_SHARE = 0.15
"""The last part of the time, in windows of the full length."""
SHIFTED_SHARE = 0.3
CLIP_NORM = 1.0
EVALUATION_BATCHES = 20
EVALUATE_EVERY = 1000


def documents(paths: list[Path]) -> Iterator[str]:
    """The paragraphs of each document, joined by a space."""
    for path in paths:
        opened = lzma.open(path, "rt", encoding="utf-8") if path.suffix == ".xz" else path.open(encoding="utf-8")
        with opened as lines:
            paragraphs: list[str] = []
            for line in lines:
                if line.strip():
                    paragraphs.append(line.rstrip("\n"))
                elif paragraphs:
                    yield " ".join(paragraphs)
                    paragraphs = []
            if paragraphs:
                yield " ".join(paragraphs)


def encoded(tokenizer: Tokenizer, texts: Iterator[str], last: int) -> Tensor:
    """All documents in one row of ids, int32, each with the last token behind it."""
    encodings = tokenizer.encode_batch(list(texts), add_special_tokens=False)
    pieces = [numpy.append(numpy.asarray(encoding.ids, dtype=numpy.int32), last) for encoding in encodings]
    return torch.from_numpy(numpy.concatenate(pieces).astype(numpy.int32))


class Windows:
    """Draws batches of masked windows [B, S] from a row of ids."""

    def __init__(self, ids: Tensor, tokenizer: Tokenizer, mask_share: float, seed: int):
        self.ids = ids
        self.mask_share = mask_share
        self.random = torch.Generator(device=ids.device).manual_seed(seed)
        self.first, self.last, self.mask = (tokenizer.token_to_id(token) for token in ("<s>", "</s>", "<mask>"))

    def draw(self, count: int, length: int, longest: int, shifted_share: float) -> tuple[Tensor, ...]:
        """ids [B, S], positions [B, S], and of the K selected tokens flat slots and labels. K is the same in every batch."""
        device, random = self.ids.device, self.random
        inner = length - 2
        starts = torch.randint(0, self.ids.numel() - inner, (count, 1), device=device, generator=random)
        text = self.ids[starts + torch.arange(inner, device=device)].long()
        ends = torch.full((count, 1), self.first, device=device), torch.full((count, 1), self.last, device=device)
        original = torch.cat([ends[0], text, ends[1]], 1).flatten()
        chance = torch.rand(count * length, device=device, generator=random)
        selected = chance.masked_fill(original < 4, 2.0).topk(int(self.mask_share * inner) * count, largest=False).indices
        labels = original[selected]
        kind = torch.rand(labels.shape, device=device, generator=random)
        # Special tokens are the first four ids and the last one.
        other = torch.randint(4, self.mask, labels.shape, device=device, generator=random)
        ids = original.scatter(0, selected, torch.where(kind < 0.8, self.mask, torch.where(kind < 0.9, other, labels)))
        shift = torch.randint(0, longest - length + 1, (count, 1), device=device, generator=random)
        shifted = torch.rand((count, 1), device=device, generator=random) < shifted_share
        # RoBERTa counts positions from 2.
        positions = 2 + torch.arange(length, device=device) + shift * shifted
        return ids.view(count, length), positions, selected, labels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--text", type=Path, nargs="+", required=True)
    parser.add_argument("--validation-text", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--batch-tokens", type=int, default=65536)
    parser.add_argument("--learning-rate", type=float, default=1.5e-3)
    parser.add_argument("--warmup-steps", type=int, default=500)
    parser.add_argument("--mlm-probability", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda")
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_float32_matmul_precision("high")
    device = options.device

    started = time.monotonic()
    tokenizer = Tokenizer.from_file(str(options.model / "tokenizer.json"))
    last = tokenizer.token_to_id("</s>")
    train = encoded(tokenizer, documents(options.text), last).to(device)
    validation = encoded(tokenizer, documents([options.validation_text]), last).to(device)
    print(f"{train.numel()} tokens of text, {time.monotonic() - started:.0f} s", flush=True)

    no_dropout = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    model = RobertaForMaskedLM.from_pretrained(options.model, dtype=torch.float32, **no_dropout).to(device)
    with safe_open(options.model / "model.safetensors", "pt") as file:
        names = list(file.keys())
    longest = model.config.max_position_embeddings - 2
    matrices = [parameter for parameter in model.parameters() if parameter.ndim > 1]
    vectors = [parameter for parameter in model.parameters() if parameter.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.01}, {"params": vectors, "weight_decay": 0.0}],
        betas=(0.9, 0.98),
        eps=1e-6,
        fused=device == "cuda",
    )

    def loss_and_hits(ids: Tensor, positions: Tensor, selected: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        with torch.autocast(device, dtype=torch.bfloat16):
            hidden = model.roberta(input_ids=ids, position_ids=positions).last_hidden_state
            logits = model.lm_head(hidden.flatten(0, 1)[selected])
        return cross_entropy(logits.float(), labels), (logits.argmax(-1) == labels).float().mean()

    compiled = torch.compile(loss_and_hits, dynamic=False) if device == "cuda" else loss_and_hits
    windows = Windows(train, tokenizer, options.mlm_probability, options.seed)

    def evaluate() -> tuple[float, float]:
        """Loss in nats and accuracy at 15 % selected, always on the same windows."""
        held_out = Windows(validation, tokenizer, 0.15, 1)
        with torch.no_grad():
            pairs = [
                torch.stack(loss_and_hits(*held_out.draw(64, options.length, longest, 0.0)))
                for _ in range(EVALUATION_BATCHES)
            ]
        loss, accuracy = torch.stack(pairs).mean(0).tolist()
        return loss, accuracy

    def save() -> None:
        options.output.mkdir(parents=True, exist_ok=True)
        state = model.state_dict()
        # The names of the model that came in: tied parameters once.
        weights = {name: state[name].half().contiguous().cpu() for name in names}
        save_file(weights, options.output / "model.safetensors", metadata={"format": "pt"})
        for file in options.model.iterdir():
            if file.suffix != ".safetensors" and file.name != "README.md" and not file.name.startswith("pretraining"):
                shutil.copy(file, options.output / file.name)
        with (options.output / "journal.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, ["step", "tokens", "seconds", "loss", "validation_loss", "validation_accuracy"])
            writer.writeheader()
            writer.writerows(journal)

    journal: list[dict[str, float]] = []
    print("before: loss {:.3f}, accuracy {:.4f}".format(*evaluate()), flush=True)
    # Compiles both lengths before the clock begins.
    for length in (options.length, longest):
        compiled(*windows.draw(options.batch_tokens // length, length, longest, SHIFTED_SHARE))[0].backward()
        optimizer.zero_grad(set_to_none=True)
    step, tokens, half_saved = 0, 0, False
    begin = time.monotonic()
    while (progress := (time.monotonic() - begin) / (60 * options.minutes)) < 1:
        long = progress >= 1 - LONG_SHARE
        length = longest if long else options.length
        rate = options.learning_rate * min(1.0, (step + 1) / options.warmup_steps) * (1 - progress)
        for group in optimizer.param_groups:
            group["lr"] = rate
        batch = windows.draw(options.batch_tokens // length, length, longest, SHIFTED_SHARE)
        loss, _ = compiled(*batch)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM)
        optimizer.step()
        step += 1
        tokens += batch[0].numel()
        if step % EVALUATE_EVERY == 0:
            validation_loss, accuracy = evaluate()
            seconds = time.monotonic() - begin
            journal.append(
                {
                    "step": step,
                    "tokens": tokens,
                    "seconds": round(seconds, 1),
                    "loss": round(loss.item(), 4),
                    "validation_loss": round(validation_loss, 4),
                    "validation_accuracy": round(accuracy, 4),
                }
            )
            print(
                f"{step}: {tokens / 1e6:.0f} M tokens, {tokens / seconds / 1e6:.2f} M a second, loss {loss.item():.3f}, "
                f"validation {validation_loss:.3f} {100 * accuracy:.2f} %",
                flush=True,
            )
        if progress > 0.5 and not half_saved:
            save()
            half_saved = True
    validation_loss, accuracy = evaluate()
    save()
    print(f"end: {step} steps, {tokens / 1e6:.0f} M tokens, validation {validation_loss:.3f}, {100 * accuracy:.2f} %", flush=True)


if __name__ == "__main__":
    main()
