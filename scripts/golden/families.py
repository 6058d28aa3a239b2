"""Golden files of the families beyond BERT and RoBERTa: very small random models and what transformers computes with them.

    python scripts/golden/families.py [--check] [NAME ...]

Writes test/golden/families/NAME: a masked language model with its tokenizer, the head of the library's own sequence classifier over
the same encoder (head.safetensors), and golden.json and golden.safetensors with logits, every gradient of the multi-task loss,
the weights after 20 steps of AdamW, and exact pseudo-log-likelihoods. --check compares instead of writing.

float32 on one thread, dropout off. Names of the head's parameters carry the prefix `classification.`.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import torch
from golden_files import compare_folders, versions
from safetensors.torch import save_file
from sentencepiece_models import RULES, trained
from sentences import LABELLED
from tiny_models import word_pieces
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from transformers import (
    AutoModelForMaskedLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    CamembertConfig,
    DistilBertConfig,
    ElectraConfig,
    ModernBertConfig,
    MPNetConfig,
    PreTrainedConfig,
    PreTrainedTokenizerFast,
    XLMRobertaConfig,
    get_linear_schedule_with_warmup,
)
from transformers.models.mpnet.modeling_mpnet import MPNetEncoder
from transformers.utils import logging

OUTPUT = Path(__file__).resolve().parents[2] / "test" / "golden" / "families"
CLASSES = 3
LENGTH = 20
STEPS = 20
TEXTS = 3
BODY_RATE, BODY_DECAY = 2e-3, 0.01
HEAD_RATE, HEAD_DECAY = 1e-2, 0.1
BETAS, EPSILON, CLIP, WARMUP_STEPS = (0.9, 0.98), 1e-6, 1.0, 2
NO_LABEL = -100
SENTENCES = [text for text, _ in LABELLED[:30]]
SIZES = {"hidden_size": 12, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
BERT_SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


# Tokenizers: the files that a checkpoint of the family has


def word_piece_files(folder: Path, specials: list[str], count: int = 110) -> None:
    normalizer, splitter = normalizers.BertNormalizer(lowercase=True), pre_tokenizers.BertPreTokenizer()
    words = Counter(
        word for text in SENTENCES for word, _ in splitter.pre_tokenize_str(normalizer.normalize_str(text))
    )
    tokens = specials + word_pieces(words, count - len(specials))
    (folder / "vocab.txt").write_text("".join(f"{token}\n" for token in tokens), encoding="utf-8")


def byte_pair_file(folder: Path, count: int = 270) -> None:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    specials = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"]
    trainer = trainers.BpeTrainer(
        vocab_size=count,
        special_tokens=specials,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:0 [SEP]:0",
        special_tokens=[("[CLS]", 1), ("[SEP]", 2)],
    )
    names = zip(["unk_token", "cls_token", "sep_token", "pad_token", "mask_token"], specials, strict=True)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **dict(names)).save_pretrained(folder)


def sentencepiece_file(folder: Path, count: int = 110) -> int:
    """Writes a model; the number of its pieces."""
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as rules:
        rules.write(RULES)
        rules.flush()
        proto = trained(SENTENCES, count, normalization_rule_tsv=rules.name, character_coverage=0.99)
    (folder / "sentencepiece.bpe.model").write_bytes(proto.SerializeToString())
    return len(proto.pieces)


# Families: the config, once the tokenizer's files are in the folder


def distilbert(folder: Path) -> PreTrainedConfig:
    word_piece_files(folder, BERT_SPECIALS)
    return DistilBertConfig(
        dim=12, n_layers=2, n_heads=2, hidden_dim=16, max_position_embeddings=24, vocab_size=110
    )


def electra(folder: Path) -> PreTrainedConfig:
    word_piece_files(folder, BERT_SPECIALS)
    return ElectraConfig(**SIZES, embedding_size=8, max_position_embeddings=24, vocab_size=110)


def mpnet(folder: Path) -> PreTrainedConfig:
    word_piece_files(folder, ["<s>", "<pad>", "</s>", "[UNK]", "<mask>"])
    return MPNetConfig(**SIZES, max_position_embeddings=26, vocab_size=110)


def xlm_roberta(folder: Path) -> PreTrainedConfig:
    size = sentencepiece_file(folder) + 2
    return XLMRobertaConfig(**SIZES, max_position_embeddings=26, type_vocab_size=1, layer_norm_eps=1e-5, vocab_size=size)


def camembert(folder: Path) -> PreTrainedConfig:
    size = sentencepiece_file(folder) + 5
    # As those of camembert-base: its <s> and </s> are pieces of SentencePiece, behind five opening tokens.
    ends = {"bos_token_id": 5, "eos_token_id": 6}
    return CamembertConfig(
        **SIZES, **ends, max_position_embeddings=26, type_vocab_size=1, layer_norm_eps=1e-5, vocab_size=size
    )


def modernbert_first(folder: Path) -> PreTrainedConfig:
    config = modernbert(folder)
    config.classifier_pooling = "cls"
    return config


def modernbert(folder: Path) -> PreTrainedConfig:
    byte_pair_file(folder)
    return ModernBertConfig(
        hidden_size=8,
        num_hidden_layers=4,
        num_attention_heads=2,
        intermediate_size=8,
        max_position_embeddings=24,
        vocab_size=270,
        # Of the texts of up to 20 tokens the layers 1 and 2 see 3 to either side.
        local_attention=6,
        classifier_pooling="mean",
        classifier_dropout=0.1,
        bos_token_id=1,
        cls_token_id=1,
        eos_token_id=2,
        sep_token_id=2,
        pad_token_id=3,
    )


FAMILIES = {
    "camembert": camembert,
    "distilbert": distilbert,
    "electra": electra,
    "modernbert": modernbert,
    "modernbert-first": modernbert_first,
    "mpnet": mpnet,
    "xlm-roberta": xlm_roberta,
}


class Tiny:
    """A masked language model, and a sequence classifier over the same encoder."""

    def __init__(self, name: str, folder: Path) -> None:
        config = FAMILIES[name](folder)
        config.num_labels = CLASSES
        config._attn_implementation = "eager"
        self.masked = AutoModelForMaskedLM.from_config(config, attn_implementation="eager").eval()
        self.classifier = AutoModelForSequenceClassification.from_config(config, attn_implementation="eager").eval()
        setattr(self.classifier, self.classifier.base_model_prefix, self.masked.base_model)
        (folder / "config.json").write_text(json.dumps({"model_type": config.model_type}))
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        generator = torch.Generator().manual_seed(40 + sorted(name.encode())[0])
        for parameter_name, parameter in self.named_parameters():
            perturb(parameter_name, parameter, generator)

    def head(self) -> dict[str, nn.Parameter]:
        prefix = f"{self.classifier.base_model_prefix}."
        return {name: p for name, p in self.classifier.named_parameters() if not name.startswith(prefix)}

    def named_parameters(self) -> list[tuple[str, nn.Parameter]]:
        head = [(f"classification.{name}", parameter) for name, parameter in self.head().items()]
        # Of a tied parameter the name under which it is stored, not the decoder's.
        names: dict[nn.Parameter, str] = {}
        for name, parameter in self.masked.named_parameters(remove_duplicate=False):
            if ".decoder." in names.get(parameter, ".decoder."):
                names[parameter] = name
        return [*((name, parameter) for parameter, name in names.items()), *head]

    def save(self, folder: Path) -> None:
        self.masked.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)
        save_file({name: p.detach().contiguous() for name, p in self.head().items()}, folder / "head.safetensors")


def perturb(name: str, parameter: nn.Parameter, generator: torch.Generator) -> None:
    """Draws a value that no initial value hides: biases are not 0, LayerNorm weights are not 1."""
    noise = torch.randn(parameter.shape, generator=generator)
    with torch.no_grad():
        if is_norm(name) and name.endswith("weight"):
            parameter.copy_(1 + 0.1 * noise)
        else:
            parameter.copy_((0.1 if name.endswith("bias") else 0.25) * noise)


def is_norm(name: str) -> bool:
    return "norm" in name.lower()


def decays(name: str) -> bool:
    """As transformers' Trainer decides: what is called a bias or a norm does not decay."""
    return "bias" not in name and not is_norm(name)


# Rows of ids


def pad(rows: list[list[int]], filler: int) -> Tensor:
    width = max(map(len, rows))
    return torch.tensor([row + [filler] * (width - len(row)) for row in rows])


def inputs(tiny: Tiny, rows: list[list[int]]) -> dict[str, Tensor]:
    return {
        "input_ids": pad(rows, tiny.tokenizer.pad_token_id),
        "attention_mask": pad([[1] * len(row) for row in rows], 0),
    }


def corrupted(tiny: Tiny, rows: list[list[int]], generator: torch.Generator) -> dict[str, Any]:
    """About a quarter of the tokens masked, at least one of every text."""
    ids, positions, labels = [], [], []
    for row in rows:
        inner = range(1, len(row) - 1)
        draws = torch.rand(len(row), generator=generator).tolist()
        chosen = [i for i in inner if draws[i] < 0.25] or [1]
        positions.append(chosen)
        labels.append([row[i] for i in chosen])
        ids.append([tiny.tokenizer.mask_token_id if i in chosen else token for i, token in enumerate(row)])
    return {"ids": ids, "positions": positions, "labels": labels}


def losses(tiny: Tiny, main: dict[str, Any], auxiliary: dict[str, Any]) -> tuple[Tensor, Tensor]:
    logits = tiny.classifier(**inputs(tiny, main["ids"])).logits
    targets = [[NO_LABEL] * len(row) for row in auxiliary["ids"]]
    for target, at, labels in zip(targets, auxiliary["positions"], auxiliary["labels"], strict=True):
        for position, label in zip(at, labels, strict=True):
            target[position] = label
    masked = tiny.masked(**inputs(tiny, auxiliary["ids"]), labels=pad(targets, NO_LABEL))
    return cross_entropy(logits, torch.tensor(main["labels"])), masked.loss


def values_of(tiny: Tiny) -> tuple[dict[str, Any], dict[str, Tensor]]:
    generator = torch.Generator().manual_seed(33)
    rows = tiny.tokenizer(SENTENCES, truncation=True, max_length=LENGTH)["input_ids"]
    shorter = [row if i % 3 else [*row[: 3 + i % 7], row[-1]] for i, row in enumerate(rows)]

    def batch() -> dict[str, Any]:
        draw = torch.randperm(len(rows), generator=generator)[: 2 * TEXTS].tolist()
        main, auxiliary = draw[:TEXTS], draw[TEXTS:]
        return {
            "main": {"ids": [shorter[i] for i in main], "labels": [LABELLED[i][1] % CLASSES for i in main]},
            "auxiliary": corrupted(tiny, [shorter[i] for i in auxiliary], generator),
        }

    texts = SENTENCES[:6]
    tensors = {}
    with torch.no_grad():
        tensors["logits"] = tiny.classifier(**inputs(tiny, shorter[:6])).logits
    golden: dict[str, Any] = {"ids": shorter[:6], "likelihood": likelihoods(tiny, texts)}
    if tiny.masked.config.model_type == "mpnet":
        # Distances that no short text has.
        far = torch.arange(-200, 201)
        golden["relativeBuckets"] = MPNetEncoder.relative_position_bucket(far).tolist()

    first = batch()
    pair = losses(tiny, **first)
    (0.5 * pair[0] + 0.5 * pair[1]).backward()
    golden["gradient"] = {**first, "lossMain": pair[0].item(), "lossAuxiliary": pair[1].item()}
    for name, parameter in tiny.named_parameters():
        tensors[f"gradient.{name}"] = parameter.grad.clone()
    golden["training"] = train(tiny, [batch() for _ in range(STEPS)])
    for name, parameter in tiny.named_parameters():
        tensors[f"trained.{name}"] = parameter.detach().clone()
    return golden, tensors


def train(tiny: Tiny, steps: list[dict[str, Any]]) -> dict[str, Any]:
    """AdamW on the multi-task loss with a linear schedule; the losses before each step."""
    head = set(tiny.head().values())
    groups = [
        {
            "params": [p for n, p in tiny.named_parameters() if (p in head) == of_head and decays(n) == decay],
            "lr": HEAD_RATE if of_head else BODY_RATE,
            "weight_decay": (HEAD_DECAY if of_head else BODY_DECAY) if decay else 0.0,
        }
        for of_head in (False, True)
        for decay in (True, False)
    ]
    optimizer = torch.optim.AdamW(groups, betas=BETAS, eps=EPSILON, foreach=False)
    scheduler = get_linear_schedule_with_warmup(optimizer, WARMUP_STEPS, STEPS)
    body = [p for _, p in tiny.named_parameters() if p not in head]
    curve = []
    for step in steps:
        optimizer.zero_grad()
        pair = losses(tiny, **step)
        (0.5 * pair[0] + 0.5 * pair[1]).backward()
        nn.utils.clip_grad_norm_(body, CLIP, foreach=False)
        nn.utils.clip_grad_norm_(list(head), CLIP, foreach=False)
        optimizer.step()
        scheduler.step()
        curve.append([loss.item() for loss in pair])
    return {
        "betas": list(BETAS),
        "epsilon": EPSILON,
        "warmupSteps": WARMUP_STEPS,
        "body": {"rate": BODY_RATE, "decay": BODY_DECAY, "clip": CLIP},
        "head": {"rate": HEAD_RATE, "decay": HEAD_DECAY, "clip": CLIP},
        "steps": steps,
        "losses": curve,
    }


@torch.no_grad()
def likelihoods(tiny: Tiny, texts: list[str]) -> list[dict[str, Any]]:
    """log P(t_i | the text with t_i masked) of every token that is not special."""
    encoded = tiny.tokenizer(texts, truncation=True, max_length=LENGTH)
    found = []
    for index, text in enumerate(texts):
        ids, words = encoded["input_ids"][index], encoded.word_ids(index)
        scores: list[float | None] = [None] * len(ids)
        for i in (i for i, word in enumerate(words) if word is not None):
            copy = [*ids[:i], tiny.tokenizer.mask_token_id, *ids[i + 1 :]]
            logits = tiny.masked(**inputs(tiny, [copy])).logits
            scores[i] = torch.log_softmax(logits[0, i].double(), dim=0)[ids[i]].item()
        found.append({"text": text, "ids": ids, "wordIds": words, "pll": scores})
    return found


def rounded(value: Any) -> Any:
    """Nine digits tell every float32 apart."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list) else value


def write(output: Path, names: list[str]) -> None:
    for name in names:
        folder = output / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        tiny = Tiny(name, folder)
        tiny.save(folder)
        golden, tensors = values_of(tiny)
        save_file({key: value.contiguous() for key, value in tensors.items()}, folder / "golden.safetensors")
        golden = {"generator": versions("scripts/golden/families.py"), "maxLength": LENGTH, **rounded(golden)}
        (folder / "golden.json").write_text(json.dumps(golden, ensure_ascii=False, separators=(",", ":")) + "\n")
        for path in folder.iterdir():
            path.chmod(0o644)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with the files instead of writing")
    parser.add_argument("names", nargs="*", choices=[[], *FAMILIES], default=[])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    logging.disable_progress_bar()
    names = arguments.names or list(FAMILIES)
    if not arguments.check:
        write(OUTPUT, names)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), names)
        return compare_folders(OUTPUT, Path(folder), names)


if __name__ == "__main__":
    sys.exit(main())
