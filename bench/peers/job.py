"""A whole job with transformers' Trainer: reads the tables, fine-tunes, evaluates on dev after each epoch, then on test, saves.

`python job.py SETTINGS`, a JSON file. Prints "first step" after the first optimizer step, and results as its last line.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy
import torch
import transformers
from torch.utils.data import Dataset
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

settings = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
torch.set_num_threads(settings["threads"])
transformers.utils.logging.set_verbosity_error()


def read(split: str) -> list[dict[str, str]]:
    lines = Path(settings["data"], f"{split}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


class Texts(Dataset):
    def __init__(self, rows: list[dict[str, str]], tokenizer: Any, ids: dict[str, int]):
        texts = [row["text"] for row in rows]
        self.encodings = tokenizer(texts, truncation=True, max_length=settings["maxLength"])
        self.labels = [ids[row["label"]] for row in rows]

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {**{name: values[index] for name, values in self.encodings.items()}, "labels": self.labels[index]}


class FirstStep(TrainerCallback):
    def on_step_end(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        if state.global_step == 1:
            print("first step", flush=True)


def accuracy(evaluation: Any) -> dict[str, float]:
    return {"accuracy": float(numpy.mean(evaluation.predictions.argmax(-1) == evaluation.label_ids))}


def main() -> None:
    train, dev, test = (read(split) for split in ("train", "dev", "test"))
    ids = {label: index for index, label in enumerate(sorted({row["label"] for row in train}))}
    tokenizer = AutoTokenizer.from_pretrained(settings["model"])
    model = AutoModelForSequenceClassification.from_pretrained(
        settings["model"], num_labels=len(ids), label2id=ids, dtype=torch.float32, attn_implementation="sdpa"
    )
    steps = len(train) // settings["batchSize"] + (len(train) % settings["batchSize"] > 0)
    arguments = TrainingArguments(
        output_dir=settings["output"],
        num_train_epochs=settings["epochs"],
        max_steps=settings["maxSteps"],
        per_device_train_batch_size=settings["batchSize"],
        per_device_eval_batch_size=64,
        learning_rate=settings["learningRate"],
        warmup_steps=int(settings["warmupRatio"] * steps * settings["epochs"]),
        lr_scheduler_type="linear",
        weight_decay=settings["weightDecay"],
        adam_beta1=0.9,
        adam_beta2=0.98,
        adam_epsilon=1e-6,
        max_grad_norm=1.0,
        optim="adamw_torch_fused",
        eval_strategy="epoch",
        save_strategy="no",
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
        use_cpu=True,
        dataloader_pin_memory=False,
        seed=settings["seed"],
    )
    trainer = Trainer(
        model=model,
        args=arguments,
        train_dataset=Texts(train, tokenizer, ids),
        eval_dataset=Texts(dev, tokenizer, ids),
        data_collator=DataCollatorWithPadding(tokenizer),
        compute_metrics=accuracy,
        callbacks=[FirstStep()],
    )
    trainer.train()
    found = trainer.evaluate(Texts(test, tokenizer, ids))
    trainer.save_model(settings["output"])
    tokenizer.save_pretrained(settings["output"])
    versions = {
        "python": sys.version.split()[0],
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }
    print(json.dumps({"accuracy": found["eval_accuracy"], "versions": versions}), flush=True)


main()
