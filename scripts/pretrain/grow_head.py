"""Train a sentence encoder and its masked-LM head further on plain text, while its sentence embedding is held near the original's.

    python3 grow_head.py SOURCE ORIGINAL RUN --train train-0*.txt --valid valid.txt
    python3 grow_head.py SOURCE ORIGINAL RUN --train train-0*.txt --valid valid.txt --cooldown 800

SOURCE: folder of a BertForMaskedLM to start from. ORIGINAL: folder of the encoder whose embedding is held. RUN: folder for tokens, state and journal.

Text: a paragraph a line. A step reads --rows windows of 128 tokens and picks --mask of the positions; every picked token becomes [MASK]. Loss: cross-entropy of
the picked tokens + --keep * (1 - cosine) between the mean-pooled outputs of model and original on --held-tokens unmasked tokens of other places,
in pieces of 16, 32, 64 or 128 tokens, one length a step: sentences are embedded as well as paragraphs.
Learning rate: warm-up over 100 steps, then constant (5e-4 was too high for 32 windows a step: the loss rose, and the cosine fell to 0.83). A stop by Ctrl-C
or SIGTERM saves the state, and the same command goes on from it. --cooldown N takes the newest state, lowers
the rate to 0 over N steps and writes RUN/model in float16.

Measured every --measure-every steps: accuracy on --valid, paragraphs of more than 40 words cut at 128 tokens, 15 % of the positions, every picked token [MASK];
and the mean cosine to the original's embeddings of the same paragraphs.
"""
import argparse
import json
import os
import signal
import time

import numpy as np
import torch
import transformers

CLS, SEP, MASK, LENGTH = 101, 102, 103, 128


def arguments():
    parser = argparse.ArgumentParser()
    for name in ("source", "original", "run"):
        parser.add_argument(name)
    parser.add_argument("--train", nargs="+", required=True)
    parser.add_argument("--valid", required=True)
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--rows", type=int, default=32)
    parser.add_argument("--mask", type=float, default=0.2)
    parser.add_argument("--keep", type=float, default=20.0)
    parser.add_argument("--held-tokens", type=int, default=1024)
    parser.add_argument("--measure-every", type=int, default=400)
    parser.add_argument("--cooldown", type=int, default=0)
    parser.add_argument("--bfloat16", action="store_true", help="2.5 times as fast on processors with AVX512_BF16 or AMX; weights stay float32")
    return parser.parse_args()


def token_ids(tokenizer, paths, kept):
    """Ids of all paragraphs, [SEP] after each; kept in a file, as tokenizing takes minutes."""
    if not os.path.exists(kept):
        parts = []
        for path in paths:
            with open(path, encoding="utf8") as file:
                lines = [line.strip() for line in file if line.strip()]
            for at in range(0, len(lines), 4096):
                for ids in tokenizer(lines[at : at + 4096], add_special_tokens=False)["input_ids"]:
                    parts.append(np.array(ids + [SEP], dtype=np.uint16))
        np.concatenate(parts).tofile(kept)
    return torch.from_numpy(np.fromfile(kept, dtype=np.uint16).astype(np.int64))


def validation_batches(tokenizer, path):
    """[(ids, attention mask, picked)] in order of length, the same for every run."""
    with open(path, encoding="utf8") as file:
        lines = [line.strip() for line in file if len(line.split()) > 40]
    encoded = sorted(tokenizer(lines, truncation=True, max_length=LENGTH)["input_ids"], key=len)
    generator = torch.Generator().manual_seed(7)
    batches = []
    for at in range(0, len(encoded), 64):
        rows = [torch.tensor(ids) for ids in encoded[at : at + 64]]
        ids = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
        picked = (torch.rand(ids.shape, generator=generator) < 0.15) & (ids > MASK)
        batches.append((ids, (ids != 0).long(), picked))
    return batches


def pooled(encoder, ids, mask=None):
    hidden = encoder(ids, attention_mask=mask).last_hidden_state.float()
    weights = torch.ones(ids.shape) if mask is None else mask.float()
    return torch.nn.functional.normalize((hidden * weights[..., None]).sum(1), dim=1)


def windows(text, rows, length, generator):
    """ids[rows, length]: [CLS], a stretch of the text from a random place, [SEP]."""
    ids = torch.full((rows, length), CLS)
    ids[:, -1] = SEP
    for row, at in enumerate(torch.randint(0, len(text) - length, (rows,), generator=generator).tolist()):
        ids[row, 1:-1] = text[at : at + length - 2]
    return ids


def picked_logits(model, ids, picked, mask=None):
    masked = torch.where(picked, MASK, ids)
    hidden = model.bert(masked, attention_mask=mask).last_hidden_state[picked]
    return model.cls.predictions(hidden)


@torch.no_grad()
def measure(model, original, batches):
    model.eval()
    loss = right = count = cosine = rows = 0
    for ids, mask, picked in batches:
        logits = picked_logits(model, ids, picked, mask)
        loss += float(torch.nn.functional.cross_entropy(logits, ids[picked], reduction="sum"))
        right += int((logits.argmax(1) == ids[picked]).sum())
        count += int(picked.sum())
        cosine += float((pooled(model.bert, ids, mask) * pooled(original, ids, mask)).sum())
        rows += len(ids)
    model.train()
    return {"loss": loss / count, "accuracy": right / count, "cosine": cosine / rows, "masked": count}


def load(kind, folder):
    model = kind.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32)
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return model


def main():
    given = arguments()
    os.makedirs(given.run, exist_ok=True)
    tokenizer = transformers.AutoTokenizer.from_pretrained(given.source)
    text = token_ids(tokenizer, given.train, f"{given.run}/train.u16")
    batches = validation_batches(tokenizer, given.valid)
    original = load(transformers.BertModel, given.original).eval()
    model = load(transformers.BertForMaskedLM, given.source)
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98), weight_decay=0.01, fused=True)
    state, step, seconds = f"{given.run}/state.pt", 0, 0.0
    if os.path.exists(state):
        saved = torch.load(state, weights_only=True)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        step, seconds = saved["step"], saved["seconds"]
    journal = open(f"{given.run}/journal.jsonl", "a", encoding="utf8")

    def note(record):
        journal.write(json.dumps(record) + "\n")
        journal.flush()
        print(record, flush=True)

    if step == 0:
        note({"step": 0, **measure(model, original, batches)})
    model.train()
    last = step + given.cooldown if given.cooldown else given.steps
    first, begun, losses, kept = step, time.time(), [], []
    stopped = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.append(True))

    def save(spent):
        torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step, "seconds": spent}, state + ".new")
        os.replace(state + ".new", state)

    while step < last and not stopped:
        rate = given.rate * min(1, (step + 1) / 100)
        if given.cooldown:
            rate *= 1 - (step - first) / given.cooldown
        for group in optimizer.param_groups:
            group["lr"] = rate
        generator = torch.Generator().manual_seed(step)
        ids = windows(text, given.rows, LENGTH, generator)
        picked = (torch.rand(ids.shape, generator=generator) < given.mask) & (ids > MASK)
        with torch.autocast("cpu", torch.bfloat16, enabled=given.bfloat16):
            logits = picked_logits(model, ids, picked)
        loss = torch.nn.functional.cross_entropy(logits.float(), ids[picked])
        losses.append(float(loss.detach()))
        loss.backward()
        length = (16, 32, 64, 128)[step % 4]
        clear = windows(text, given.held_tokens // length, length, generator)
        with torch.autocast("cpu", torch.bfloat16, enabled=given.bfloat16):
            with torch.no_grad():
                wanted = pooled(original, clear)
            apart = (1 - (pooled(model.bert, clear) * wanted).sum(1)).mean()
        kept.append(1 - float(apart.detach()))
        (given.keep * apart).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        step += 1
        if step % 50 == 0:
            print(step, f"{(time.time() - begun) / (step - first):.2f} s a step, loss {np.mean(losses[-50:]):.3f}, cosine {np.mean(kept[-50:]):.3f}", flush=True)
        if step % given.measure_every == 0 or step == last:
            spent = seconds + time.time() - begun
            tokens = step * given.rows * LENGTH
            note({"step": step, "tokens": tokens, "seconds": round(spent), "rate": rate, **measure(model, original, batches)})
            if not given.cooldown:
                save(spent)
    if stopped and not given.cooldown:
        save(seconds + time.time() - begun)
    if given.cooldown and not stopped:
        model.half().save_pretrained(f"{given.run}/model")
        tokenizer.save_pretrained(f"{given.run}/model")


main()
