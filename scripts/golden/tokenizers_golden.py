"""Writes test/golden/tokenizers: three small tokenizers and what Hugging Face makes of a thousand texts.

The reference is the Rust library with `encode_special_tokens`, which transformers calls
`split_special_tokens=True`: special strings inside a text are text. It is checked against the same
tokenizer without any added token.

Run: python scripts/golden/tokenizers_golden.py
"""

import gzip
import json
import shutil
import tempfile
from collections import Counter
from itertools import combinations
from pathlib import Path

from golden_files import versions
from tokenizer_texts import SENTENCES, make_texts
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer

FOLDER = Path(__file__).parents[2] / "test" / "golden" / "tokenizers"
SEED, COUNT = 20240815, 1200
BERT = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

# Other components of the family, on the vocabularies of the three kinds, for a part of the texts.
VARIANTS = [
    ("bytepair", None, {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}),
    ("bytepair", {"type": "NFC"}, None),
    ("bytepair", {"type": "NFKC"}, {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": True}),
    ("bytepair", {"type": "Lowercase"}, {
        "type": "Sequence",
        "pretokenizers": [
            {"type": "WhitespaceSplit"},
            {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": False},
        ],
    }),
    ("uncased", {
        "type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "Lowercase"}, {"type": "StripAccents"}],
    }, {"type": "BertPreTokenizer"}),
    ("uncased", {"type": "NFKD"}, {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, {"type": "BertPreTokenizer"}]}),
    ("uncased", {
        "type": "BertNormalizer", "clean_text": False, "handle_chinese_chars": False, "strip_accents": False, "lowercase": True,
    }, {"type": "BertPreTokenizer"}),
    ("cased", {
        "type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": True, "lowercase": False,
    }, {"type": "BertPreTokenizer"}),
]


def train_byte_pairs():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=2000,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return tokenizer


def word_pieces(lowercase, size=1200):
    """WordPiece with the characters and the most frequent pieces: WordPieceTrainer differs from run to run."""
    normalizer, pre_tokenizer = normalizers.BertNormalizer(lowercase=lowercase), pre_tokenizers.BertPreTokenizer()
    characters, pieces = set(), Counter()
    for sentence in SENTENCES:
        for word, _ in pre_tokenizer.pre_tokenize_str(normalizer.normalize_str(sentence)):
            characters |= set(word) | {f"##{character}" for character in word}
            for start, end in combinations(range(len(word) + 1), 2):
                pieces[word[start:end] if start == 0 else f"##{word[start:end]}"] += end - start
    frequent = sorted(pieces.keys() - characters, key=lambda piece: (-pieces[piece], piece))
    tokens = (BERT + sorted(characters) + frequent)[:size]
    vocab = {token: index for index, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.add_special_tokens(BERT)
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, pre_tokenizer
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return tokenizer


def write_kinds():
    """The three folders; of the cased kind only a vocab.txt, as old checkpoints have it."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    bytepair, uncased, cased = FOLDER / "bytepair", FOLDER / "uncased", FOLDER / "cased"
    for folder in (bytepair, uncased, cased):
        folder.mkdir(parents=True)
    tokenizer = train_byte_pairs()
    tokenizer.save(str(bytepair / "tokenizer.json"), pretty=False)
    tokenizer.model.save(str(bytepair))
    word_pieces(lowercase=True).save(str(uncased / "tokenizer.json"), pretty=False)
    word_pieces(lowercase=False).model.save(str(cased))
    (cased / "tokenizer_config.json").write_text('{"do_lower_case": false, "model_max_length": 512}\n')
    return {
        "bytepair": Tokenizer.from_file(str(bytepair / "tokenizer.json")),
        "uncased": Tokenizer.from_file(str(uncased / "tokenizer.json")),
        "cased": AutoTokenizer.from_pretrained(cased, tokenizer_type="bert").backend_tokenizer,
    }


def without_added_tokens(tokenizer):
    state = json.loads(tokenizer.to_str())
    state["added_tokens"] = []
    return Tokenizer.from_str(json.dumps(state))


def encode(tokenizer, texts):
    """Ids and word ids (special tokens: -1) of every text."""
    tokenizer.encode_special_tokens = True
    bare = without_added_tokens(tokenizer)
    ids, words = [], []
    for text in texts:
        encoding = tokenizer.encode(text)
        other = bare.encode(text)
        assert (encoding.ids, encoding.word_ids) == (other.ids, other.word_ids), repr(text)
        ids.append(encoding.ids)
        words.append([-1 if word is None else word for word in encoding.word_ids])
    return {"ids": ids, "words": words}


def variant(tokenizer, normalizer, pre_tokenizer):
    state = json.loads(tokenizer.to_str())
    state["normalizer"] = normalizer
    state["pre_tokenizer"] = pre_tokenizer or state["pre_tokenizer"]
    return Tokenizer.from_str(json.dumps(state))


def renamed(folder, names):
    """The vocab.txt of a kind with the tokens of a role under other names."""
    tokens = [names.get(token, token) for token in word_piece_tokens(folder)]
    return "".join(f"{token}\n" for token in tokens)


def word_piece_tokens(kind):
    vocab = Tokenizer.from_file(str(FOLDER / kind / "tokenizer.json")).get_vocab()
    return sorted(vocab, key=vocab.get)


MPNET = {"[PAD]": "<pad>", "[CLS]": "<s>", "[SEP]": "</s>", "[MASK]": "<mask>"}
MODERN = {"<s>": "[CLS]", "<pad>": "[PAD]", "</s>": "[SEP]", "<unk>": "[UNK]", "<mask>": "[MASK]"}


def readings():
    """
    Folders of the families beyond BERT and RoBERTa with the vocabularies of the kinds, and whose rows theirs are: a kind's, or a variant's by its
    number. Only names of the tokens with a role differ, so the ids are the same.
    """
    lines = renamed("uncased", {})
    yield "distilbert", {"vocab.txt": lines}, {}, "uncased"
    yield "electra", {"vocab.txt": lines}, {}, "uncased"
    yield "mpnet", {"vocab.txt": renamed("uncased", MPNET)}, {}, "uncased"
    cased = (FOLDER / "cased" / "vocab.txt").read_text("utf-8")
    for model_type in ("distilbert", "electra"):
        yield model_type, {"vocab.txt": cased}, {"do_lower_case": False}, "cased"
    state = json.loads((FOLDER / "bytepair" / "tokenizer.json").read_text("utf-8"))
    state["normalizer"] = {"type": "NFC"}
    vocab = state["model"]["vocab"]
    state["model"]["vocab"] = {MODERN.get(token, token): i for token, i in vocab.items()}
    for token in state["added_tokens"]:
        token["content"] = MODERN[token["content"]]
    state["post_processor"] = {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
        "special_tokens": {name: {"id": name, "ids": [state["model"]["vocab"][name]], "tokens": [name]} for name in ("[CLS]", "[SEP]")},
    }
    names = dict(zip(["cls_token", "sep_token", "pad_token", "mask_token", "unk_token"], ["[CLS]", "[SEP]", "[PAD]", "[MASK]", "[UNK]"], strict=True))
    yield "modernbert", {"tokenizer.json": json.dumps(state, ensure_ascii=False)}, {"tokenizer_class": "PreTrainedTokenizerFast", **names}, 1


def check_reading(model_type, files, config, rows, texts):
    """Asserts that transformers reads these files to the rows given."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in {**files, "config.json": json.dumps({"model_type": model_type}), "tokenizer_config.json": json.dumps(config)}.items():
            (Path(folder) / name).write_text(content, "utf-8")
        tokenizer = AutoTokenizer.from_pretrained(folder)
    for text, ids, words in zip(texts, rows["ids"], rows["words"], strict=True):
        row = tokenizer(text, split_special_tokens=True)
        found = [-1 if word is None else word for word in row.word_ids()]
        assert (row["input_ids"], found) == (ids, words), (model_type, text)
    return type(tokenizer).__name__


def main():
    kinds = write_kinds()
    texts = make_texts(SEED, COUNT)
    # Every third text up to 300 characters.
    part = [i for i, text in enumerate(texts) if i % 3 == 0 and len(text) <= 300]
    cases = {
        "generator": versions("scripts/golden/tokenizers_golden.py"),
        "texts": texts,
        "kinds": {kind: encode(tokenizer, texts) for kind, tokenizer in kinds.items()},
        "variants": [
            {
                "kind": kind,
                "normalizer": normalizer,
                "pre_tokenizer": pre_tokenizer,
                "texts": part,
                **encode(variant(kinds[kind], normalizer, pre_tokenizer), [texts[i] for i in part]),
            }
            for kind, normalizer, pre_tokenizer in VARIANTS
        ],
    }
    cases["readings"] = []
    for model_type, files, config, same in readings():
        rows = cases["kinds"][same] if isinstance(same, str) else cases["variants"][same]
        name = check_reading(model_type, files, config, rows, texts if isinstance(same, str) else [texts[i] for i in part])
        print(model_type, name, same)
        cases["readings"].append({"model": model_type, "files": files, "config": config, "same": same})
    packed = json.dumps(cases, ensure_ascii=True, separators=(",", ":")).encode()
    (FOLDER / "cases.json.gz").write_bytes(gzip.compress(packed, mtime=0))
    for path in sorted(FOLDER.rglob("*")):
        print(path.relative_to(FOLDER), path.stat().st_size)


if __name__ == "__main__":
    main()
