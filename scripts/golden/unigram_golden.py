"""Writes test/golden/unigram: a small SentencePiece model of every script, and what transformers' XLMRobertaTokenizer makes of a thousand texts.

The model is Google's, trained on the sentences of tokenizer_texts.py with the normalizer of XLM-RoBERTa (nmt_nfkc). In a Unigram vocabulary
"<s>" is a piece like others; as the project promises that such a string in a text stays text, the reference is the tokenizer with these
pieces renamed, which is checked to give the same for all texts without them.

Run: OMP_NUM_THREADS=1 python scripts/golden/unigram_golden.py
"""

import base64
import gzip
import json
import random
import shutil
import tempfile
from pathlib import Path

from golden_files import versions
from sentencepiece_models import character_map, trained
from tokenizer_texts import SENTENCES, make_texts
from tokenizers import Tokenizer, normalizers
from tokenizers_golden import COUNT, SEED
from transformers import AutoTokenizer
from unspaced_words import project_words

FOLDER = Path(__file__).parents[2] / "test" / "golden" / "unigram"
ROLES = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
MAP = {"type": "Precompiled", "precompiled_charsmap": "@"}


def metaspace(**settings):
    return {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True, **settings}


def replace(pattern, content):
    return {"type": "Replace", "pattern": pattern, "content": content}


def steps(*normalizers):
    return {"type": "Sequence", "normalizers": list(normalizers)}


# Other components around the same vocabulary, for a part of the texts; "@" stands for the character map of the model.
VARIANTS = [
    # What transformers 4 saved for XLM-RoBERTa.
    {
        "normalizer": steps(
            MAP, {"type": "Strip", "strip_left": False, "strip_right": True}, replace({"Regex": " {2,}"}, "\u2581")
        ),
        "pre_tokenizer": metaspace(),
    },
    {
        "normalizer": steps({"type": "Nmt"}, {"type": "NFKC"}, replace({"String": "``"}, '"'), replace({"Regex": " {2,}"}, " ")),
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, metaspace(prepend_scheme="never")]},
    },
    {"normalizer": steps(MAP, {"type": "Prepend", "prepend": "\u2581"}, replace({"String": " "}, "\u2581")), "pre_tokenizer": None},
    {"normalizer": MAP, "pre_tokenizer": metaspace(split=False)},
    {"normalizer": None, "pre_tokenizer": metaspace(), "byte_fallback": True},
]


def renamed(state):
    """The state with pieces of a role as no text has them."""
    model = state["model"]
    vocab = [[f"\U0010fffd{i}\U0010fffd" if piece in ROLES else piece, score] for i, (piece, score) in enumerate(model["vocab"])]
    return Tokenizer.from_str(json.dumps({**state, "added_tokens": [], "post_processor": None, "model": {**model, "vocab": vocab}}))


def normalized(tokenizer, text):
    return text if tokenizer.normalizer is None else tokenizer.normalizer.normalize_str(text)


def encode(state, texts, special=(0, 2)):
    """Ids and words of every text, within the tokens around it."""
    plain = Tokenizer.from_str(json.dumps({**state, "added_tokens": [], "post_processor": None}))
    tokenizer = renamed(state)
    rows = {"ids": [], "words": []}
    for text in texts:
        encoding = tokenizer.encode(text)
        if not any(role in normalized(plain, text) for role in ROLES):
            assert plain.encode(text).ids == encoding.ids, repr(text)
        tokens = [plain.id_to_token(i) for i in encoding.ids]
        rows["ids"].append([special[0], *encoding.ids, special[1]])
        rows["words"].append([-1, *project_words(encoding.word_ids, tokens), -1])
    return rows


def variant(state, changes, bytes_from):
    state = json.loads(json.dumps(state))
    text = json.dumps({"normalizer": changes["normalizer"], "pre_tokenizer": changes["pre_tokenizer"]})
    state |= json.loads(text.replace('"@"', json.dumps(bytes_from)))
    if changes.get("byte_fallback"):
        model = state["model"]
        model["vocab"] += [[f"<0x{byte:02X}>", -20.0] for byte in range(256)]
        model["byte_fallback"] = True
    return state


RULES = [
    ("a", "X"), ("\u0301", "Z"), ("e\u0301", "\u00e9"), ("\r\n", "N"), ("\u0600", "P"), ("\u00ad", ""), ("\u1112", "H"),
    ("\u1161", "V"), ("\u00a9", "(c)"), ("\u0915", "k"), ("\u200d", "-"), ("\U0001f1e6", "A"), ("\u0308\u0301", "D"), ("fi", "\ufb01"),
]
SIGNS = [
    *"aefi \r\n\0", "\u0301", "\u0308", "\u0600", "\u0890", "\u00ad", "\u200d", "\u200b", "\u1112", "\u1161", "\u11ab", "\ud55c", "\u00a9",
    "\u0915", "\u094d", "\u0937", "\u0903", "\U0001f1e6", "\U0001f469", "\U0001f3fd", "\ufe0f", "\u3099", "\u304b", "\U000e0001",
]


def normalizations(count):
    """What a map makes of random rows of signs that cluster in all ways; where each character is looked up shows in the result."""
    charsmap = character_map(RULES)
    normalizer, generator = normalizers.Precompiled(charsmap), random.Random(SEED)
    texts = ["".join(generator.choices(SIGNS, k=generator.randint(1, 8))) for _ in range(count)]
    return {
        "map": base64.b64encode(charsmap).decode(),
        "texts": texts,
        "normalized": [normalizer.normalize_str(text) for text in texts],
    }


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    proto = trained(SENTENCES, 1000, normalization_rule_name="nmt_nfkc", character_coverage=0.998, max_sentence_length=20000)
    for piece in proto.pieces:
        piece.score = round(piece.score, 3)
    model = proto.SerializeToString()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "sentencepiece.bpe.model").write_bytes(model)
        (Path(folder) / "config.json").write_text('{"model_type": "xlm-roberta"}')
        tokenizer = AutoTokenizer.from_pretrained(folder)
        assert type(tokenizer).__name__ == "XLMRobertaTokenizer"
        state = json.loads(tokenizer.backend_tokenizer.to_str())
    texts = make_texts(SEED, COUNT)
    part = [i for i, text in enumerate(texts) if i % 3 == 0 and len(text) <= 300]
    rows = encode(state, texts)
    for i, text in enumerate(texts):
        whole = tokenizer(text, split_special_tokens=True)["input_ids"]
        assert whole == rows["ids"][i] or any(role in normalized(tokenizer.backend_tokenizer, text) for role in ROLES), repr(text)
    charsmap = state["normalizer"]["precompiled_charsmap"]
    cases = {
        "generator": versions("scripts/golden/unigram_golden.py"),
        "size": len(state["model"]["vocab"]),
        "unknown": state["model"]["unk_id"],
        **rows,
        "characterMap": normalizations(1500),
        "variants": [
            {**changes, "texts": part, **encode(variant(state, changes, charsmap), [texts[i] for i in part])}
            for changes in VARIANTS
        ],
    }
    packed = json.dumps(cases, ensure_ascii=True, separators=(",", ":")).encode()
    (FOLDER / "cases.json.gz").write_bytes(gzip.compress(packed, mtime=0))
    (FOLDER / "sentencepiece.bpe.model.gz").write_bytes(gzip.compress(model, mtime=0))
    print(len(texts), "texts,", len(state["model"]["vocab"]), "pieces,", len(model), "bytes")
    for path in sorted(FOLDER.iterdir()):
        print(path.name, path.stat().st_size)


if __name__ == "__main__":
    main()
