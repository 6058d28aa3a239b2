"""Writes tiny checkpoints in every layout the loader reads, and what it must read from them.

Run: python scripts/golden/checkpoints.py
Writes test/golden/checkpoints/<name>/ and test/golden/checkpoints/expected.json. For every canonical
parameter the JSON holds the shape, the first values and the SHA-256 of the float32 bytes.
"""

import hashlib
import json
import os
import pickle
import shutil
from pathlib import Path

import numpy
import safetensors
import torch
import transformers
from safetensors.torch import save_file
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertForPreTraining,
    BertForSequenceClassification,
    RobertaConfig,
    RobertaForMaskedLM,
    RobertaForSequenceClassification,
)

ROOT = Path(__file__).resolve().parents[2] / "test" / "golden" / "checkpoints"

BERT = dict(
    vocab_size=30, hidden_size=8, num_hidden_layers=1, num_attention_heads=2,
    intermediate_size=12, max_position_embeddings=16, type_vocab_size=2,
)
ROBERTA = dict(
    vocab_size=30, hidden_size=8, num_hidden_layers=2, num_attention_heads=2,
    intermediate_size=12, max_position_embeddings=18, type_vocab_size=1, layer_norm_eps=1e-5,
)
LABELS = ["background", "method", "result"]


def labelled(sizes):
    return dict(
        sizes,
        id2label=dict(enumerate(LABELS)),
        label2id={label: i for i, label in enumerate(LABELS)},
    )


def randomize(model, seed):
    """Every parameter random, LayerNorm and biases too, so that a swap cannot pass unseen."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.5)
    return model.eval()


def canonical(model):
    """The model's parameters under the names of src/model/parameters.ts."""
    body = model.base_model
    values = {
        name: value
        for name, value in body.named_parameters()
        if not name.startswith("pooler.")
    }

    def linear(name, module):
        values[f"{name}.weight"] = module.weight
        values[f"{name}.bias"] = module.bias

    if hasattr(model, "cls"):
        linear("mlm.dense", model.cls.predictions.transform.dense)
        linear("mlm.layer_norm", model.cls.predictions.transform.LayerNorm)
        values["mlm.bias"] = model.cls.predictions.bias
    if hasattr(model, "lm_head"):
        linear("mlm.dense", model.lm_head.dense)
        linear("mlm.layer_norm", model.lm_head.layer_norm)
        values["mlm.bias"] = model.lm_head.bias
    if isinstance(model, BertForSequenceClassification):
        linear("classification.dense", model.bert.pooler.dense)
        linear("classification.out", model.classifier)
    if isinstance(model, RobertaForSequenceClassification):
        linear("classification.dense", model.classifier.dense)
        linear("classification.out", model.classifier.out_proj)
    return values


def facts(tensor):
    values = numpy.ascontiguousarray(tensor.detach().float().numpy())
    return {
        "shape": list(values.shape),
        "first": [float(x) for x in values.reshape(-1)[:3]],
        "sha256": hashlib.sha256(values.tobytes()).hexdigest(),
    }


expected = {}


def start(name, model):
    folder = ROOT / name
    folder.mkdir(parents=True)
    model.config.architectures = [type(model).__name__]
    model.config.save_pretrained(folder)
    return folder


def record(name, model, dtype=torch.float32, unexpected=()):
    expected[name] = {
        "values": {key: facts(value.to(dtype)) for key, value in canonical(model).items()},
        "unexpected": sorted(unexpected),
    }


def state(model):
    """The state dictionary as torch.save would see it, with ties."""
    return model.state_dict()


def write():
    if ROOT.exists():
        shutil.rmtree(ROOT)

    bert = randomize(BertForMaskedLM(BertConfig(**BERT)), 1)
    roberta = randomize(RobertaForMaskedLM(RobertaConfig(**ROBERTA)), 2)

    for name, model, dtype in [
        ("bert-safetensors-f32", bert, torch.float32),
        ("bert-safetensors-f16", bert, torch.float16),
        ("roberta-safetensors-f32", roberta, torch.float32),
        ("roberta-safetensors-bf16", roberta, torch.bfloat16),
    ]:
        folder = start(name, model)
        copy = type(model)(model.config)
        copy.load_state_dict(model.state_dict())
        copy.to(dtype).save_pretrained(folder)
        (folder / "generation_config.json").unlink(missing_ok=True)
        record(name, model, dtype)

    folder = start("roberta-sharded", roberta)
    roberta.save_pretrained(folder, max_shard_size="6KB")
    (folder / "generation_config.json").unlink(missing_ok=True)
    assert (folder / "model.safetensors.index.json").exists()
    record("roberta-sharded", roberta)

    # torch.save in its current form, ties and duplicates included
    folder = start("roberta-bin-zip", roberta)
    torch.save(state(roberta), folder / "pytorch_model.bin")
    record("roberta-bin-zip", roberta)

    folder = start("bert-bin-zip-f16", bert)
    torch.save({k: v.half() for k, v in state(bert).items()}, folder / "pytorch_model.bin")
    record("bert-bin-zip-f16", bert, torch.float16)

    # The form before torch 1.6, of parameters instead of tensors
    folder = start("roberta-bin-legacy", roberta)
    torch.save(
        {k: torch.nn.Parameter(v) for k, v in state(roberta).items()},
        folder / "pytorch_model.bin",
        _use_new_zipfile_serialization=False,
    )
    record("roberta-bin-legacy", roberta)

    # An old BERT: legacy form, gamma and beta, with pooler and next-sentence head; no model_type's defaults
    pretraining = randomize(BertForPreTraining(BertConfig(**BERT)), 3)
    folder = start("bert-pretraining-legacy", pretraining)
    old = type(state(pretraining))(
        (k.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"), v)
        for k, v in state(pretraining).items()
        if k != "cls.predictions.decoder.bias"
    )
    torch.save(old, folder / "pytorch_model.bin", _use_new_zipfile_serialization=False)
    sizes = {k: v for k, v in BERT.items()}
    (folder / "config.json").write_text(
        json.dumps(dict(sizes, architectures=["BertForPreTraining"], hidden_act="gelu"), indent=1)
    )
    record(
        "bert-pretraining-legacy",
        pretraining,
        unexpected=[
            "bert.pooler.dense.weight", "bert.pooler.dense.bias",
            "cls.seq_relationship.weight", "cls.seq_relationship.bias",
        ],
    )

    # A base model: names without the prefix, a pooler, no head at all
    folder = start("bert-base-no-prefix", bert)
    base = {
        k.removeprefix("bert."): v.contiguous()
        for k, v in state(pretraining).items()
        if k.startswith("bert.")
    }
    base["embeddings.position_ids"] = torch.arange(16).unsqueeze(0)
    save_file(base, folder / "model.safetensors", metadata={"format": "pt"})
    record("bert-base-no-prefix", pretraining, unexpected=["pooler.dense.weight", "pooler.dense.bias"])
    expected["bert-base-no-prefix"]["values"] = {
        k: v for k, v in expected["bert-base-no-prefix"]["values"].items() if not k.startswith("mlm.")
    }

    for name, model in [
        ("bert-classifier", BertForSequenceClassification(BertConfig(**labelled(BERT)))),
        ("roberta-classifier", RobertaForSequenceClassification(RobertaConfig(**labelled(ROBERTA)))),
    ]:
        randomize(model, 4)
        folder = start(name, model)
        model.save_pretrained(folder)
        record(name, model)

    write_views()
    write_hostile()
    listing = {
        "generator": "scripts/golden/checkpoints.py",
        "versions": {
            "torch": torch.__version__,
            "transformers": transformers.__version__,
            "safetensors": safetensors.__version__,
            "numpy": numpy.__version__,
        },
        "labels": LABELS,
        "checkpoints": expected,
        "views": views,
        "half": half_table(),
    }
    (ROOT / "expected.json").write_text(json.dumps(listing) + "\n")


views = {}


def write_views():
    """Strided and shared tensors, each of which must come out contiguous."""
    base = torch.arange(24, dtype=torch.float32).reshape(4, 6)
    cube = torch.arange(24, dtype=torch.float64).reshape(2, 3, 4) / 3
    tensors = {
        "whole": base,
        "transposed": base.t(),
        "rows": base[1:3],
        "columns": base[:, 2:4],
        "every second row": base[::2],
        "element": base[2, 3],
        "empty": base[:0],
        "permuted": cube.permute(2, 0, 1),
        "one row": base[3:4],
        "bfloat16": base.to(torch.bfloat16).t() / 7,
    }
    folder = ROOT / "views"
    folder.mkdir()
    torch.save(tensors, folder / "zip.bin")
    torch.save(tensors, folder / "legacy.bin", _use_new_zipfile_serialization=False)
    torch.save(tensors, folder / "protocol4.bin", pickle_protocol=4)
    for name, tensor in tensors.items():
        views[name] = {
            "shape": list(tensor.shape),
            "values": tensor.detach().float().contiguous().reshape(-1).tolist(),
        }


class Command:
    def __reduce__(self):
        return (os.system, ("echo this must never run",))


def write_hostile():
    folder = ROOT / "hostile"
    folder.mkdir()
    torch.save({"weight": torch.ones(2), "extra": Command()}, folder / "zip.bin")
    torch.save(
        {"weight": torch.ones(2), "extra": Command()},
        folder / "legacy.bin",
        _use_new_zipfile_serialization=False,
    )
    (folder / "bare.pkl").write_bytes(pickle.dumps(Command(), protocol=2))
    (folder / "protocol4.pkl").write_bytes(pickle.dumps(Command(), protocol=4))
    torch.save({"weight": torch.ones(2), "epoch": 3}, folder / "number.bin")
    torch.save(torch.nn.Linear(2, 2), folder / "module.bin")


def half_table():
    """float32 bit patterns and their float16 and bfloat16 roundings, as unsigned integers."""
    generator = numpy.random.default_rng(5)
    bits = numpy.concatenate([
        generator.integers(0, 2**32, 300, dtype=numpy.uint64),
        # around the edges: zero, subnormals, smallest normal, ties, largest, overflow, infinity, NaN
        numpy.array([
            0x00000000, 0x80000000, 0x00000001, 0x007fffff, 0x33000000, 0x33000001, 0x32ffffff,
            0x33800000, 0x33c00000, 0x38000000, 0x387fc000, 0x387fe000, 0x387fdfff, 0x38800000,
            0x38801000, 0x38803000, 0x3f800000, 0x3f801000, 0x3f801001, 0x3f803000, 0x3f808000,
            0x3f818000, 0x3f818001, 0x477fe000, 0x477fefff, 0x477ff000, 0x47800000, 0x7f7fffff,
            0x7f7f8000, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 0xffc12345,
        ], dtype=numpy.uint64),
        # exponents of float16's range
        (generator.integers(0x30000000, 0x48000000, 300, dtype=numpy.uint64)
         | (generator.integers(0, 2, 300, dtype=numpy.uint64) << numpy.uint64(31))),
    ]).astype(numpy.uint32)
    values = torch.from_numpy(bits.view(numpy.float32).copy())
    return {
        "float32": bits.tolist(),
        "float16": values.half().view(torch.int16).numpy().view(numpy.uint16).tolist(),
        "bfloat16": values.bfloat16().view(torch.int16).numpy().view(numpy.uint16).tolist(),
        "allFloat16Sha256": hashlib.sha256(
            numpy.arange(65536, dtype=numpy.uint16).view(numpy.float16)[finite16()].astype(numpy.float32).tobytes()
        ).hexdigest(),
    }


def finite16():
    return ~numpy.isnan(numpy.arange(65536, dtype=numpy.uint16).view(numpy.float16))


if __name__ == "__main__":
    write()
    print(sum(f.stat().st_size for f in ROOT.rglob("*") if f.is_file()), "bytes in", ROOT)
