"""Writes test/golden/tokenizer-classes.json.gz: what transformers makes of tokenizer files under its classes.

Each case is a folder of small files; AutoTokenizer.from_pretrained reads it, and the ids and word ids of some texts
are recorded. No text has the string of a token with a role, since those stay text in the project.

Run: OMP_NUM_THREADS=1 python scripts/golden/tokenizer_classes.py
"""

import base64
import gzip
import json
import string
import tempfile
from pathlib import Path

from golden_files import versions
from sentencepiece_models import RULES, trained
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer
from unspaced_words import project_words

TARGET = Path(__file__).parents[2] / "test" / "golden" / "tokenizer-classes.json.gz"
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LETTERS = string.ascii_letters + string.digits + "éïüÉÜ.,-[]/<>東京"
WORDS = ["the", "The", "bilge", "pump", "hums", "café", "cafe", "naïve", "##mer", "boom", "genoa", "##kicker"]
TEXTS = [
    "The bilge pump hums.",
    "Café naïve, É-mer",
    "the [E1] genoa [/E1] has a tear",
    "x[E1]y  [E1] [/E1][E1]",
    "[e1] THE [E1] Boomkicker boomkicker reboomkicker boomkickers",
    "  leading  and trailing  ",
    "東京 the東",
    "boomkicker",
    "a heart attack, Heart Attack",
    "hums <m> <m>pump  <m>",
    "",
]


def word_piece():
    tokens = list(dict.fromkeys([*SPECIAL, *WORDS, *LETTERS, *(f"##{letter}" for letter in LETTERS)]))
    return {token: index for index, token in enumerate(tokens)}


def word_piece_json(vocab, model=None, **parts):
    tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    tokenizer.add_special_tokens(SPECIAL)
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    state = json.loads(tokenizer.to_str())
    return changed(state, model, parts)


def changed(state, model, parts):
    added = parts.pop("added_tokens", [])
    state |= parts
    state["model"] |= model or {}
    state["added_tokens"] += added
    return json.dumps(state, ensure_ascii=False)


def bytes_state():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=330,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator([text for text in TEXTS if "<m>" not in text] * 2, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return json.loads(tokenizer.to_str())


def bytes_json(model=None, **parts):
    return changed(bytes_state(), model, parts)


def added(id, content, **rules):
    usual = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {"id": id, "content": content, **usual, **rules}


def bert_normalizer(**settings):
    usual = {"clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True}
    return {"type": "BertNormalizer", **usual, **settings}


def sentencepiece_model(**settings):
    """A SentencePiece model of the texts."""
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as rules:
        rules.write(RULES)
        rules.flush()
        texts = [text for text in TEXTS if "<m>" not in text] * 2
        return trained(texts, 60, normalization_rule_tsv=rules.name, character_coverage=0.98, **settings).SerializeToString()


def saved_json(model, model_type):
    """The tokenizer.json that transformers saves for such a model."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "sentencepiece.bpe.model").write_bytes(model)
        (Path(folder) / "config.json").write_text(json.dumps({"model_type": model_type}))
        return json.loads(AutoTokenizer.from_pretrained(folder).backend_tokenizer.to_str())


def unigram_cases():
    model = sentencepiece_model()
    bare = {"sentencepiece.bpe.model": model}

    def case(name, files, config=None, model_type="xlm-roberta", **others):
        return {"name": f"{model_type}: {name}", "model": {"model_type": model_type, **others}, "files": files, "config": config}

    yield case("sentencepiece.bpe.model alone", bare)
    yield case("sentencepiece.bpe.model alone", bare, model_type="camembert")
    yield case("XLMRobertaTokenizer's files", bare, {"tokenizer_class": "XLMRobertaTokenizerFast"}, model_type="bert")
    yield case("no space before words", bare, {"add_prefix_space": False})
    symbols = sentencepiece_model(user_defined_symbols=["[E1]", "[/E1]"])
    yield case("symbols of SentencePiece", {"sentencepiece.bpe.model": symbols})
    for model_type in ("xlm-roberta", "camembert"):
        saved = saved_json(model, model_type)
        yield case("tokenizer.json", {"tokenizer.json": json.dumps(saved)}, model_type=model_type)
        # As transformers 4 saved it: the class reads words at white space all the same.
        steps = [saved["normalizer"], {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "\u2581"}]
        saved["normalizer"] = {"type": "Sequence", "normalizers": steps}
        saved["pre_tokenizer"] = {"type": "Metaspace", "replacement": "\u2581", "add_prefix_space": True, "prepend_scheme": "always"}
        older = {"tokenizer.json": json.dumps(saved)}
        yield case("an older tokenizer.json under the class", older, model_type=model_type)
        yield case("an older tokenizer.json as it is", older, {"tokenizer_class": "PreTrainedTokenizerFast"}, model_type=model_type)
        size = len(saved["model"]["vocab"])
        saved["added_tokens"] += [added(size, "[E1]"), added(size + 1, "<m>", lstrip=True, special=False)]
        yield case("markers", {"tokenizer.json": json.dumps(saved)}, {"tokenizer_class": "PreTrainedTokenizerFast"}, model_type=model_type)


def cases():
    vocab = word_piece()
    size = len(vocab)
    text = "".join(f"{token}\n" for token in vocab)
    state = bytes_state()
    merges = "#version: 0.2\n" + "".join(f"{' '.join(merge)}\n" for merge in state["model"]["merges"])
    bytes_files = {"vocab.json": json.dumps(state["model"]["vocab"]), "merges.txt": merges}
    bytes_size = len(state["model"]["vocab"])
    cased = word_piece_json(vocab, normalizer=bert_normalizer(lowercase=False))
    other = word_piece_json(
        vocab, {"max_input_chars_per_word": 6}, normalizer={"type": "NFC"}, pre_tokenizer={"type": "WhitespaceSplit"}
    )
    spaced = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
    markers = {"[E1]": size, "[/E1]": size + 1}
    names = {"additional_special_tokens": list(markers)}
    decoder = {
        str(token.pop("id")): token
        for token in [*(added(i, token) for i, token in enumerate(SPECIAL)), added(size, "[E1]"), added(size + 1, "[/E1]")]
    }
    renamed = text.replace("[CLS]", "<first>").replace("[SEP]", "<last>")

    def bert(name, files, config=None, **others):
        return {"name": f"bert: {name}", "model": {"model_type": "bert", **others}, "files": files, "config": config}

    def roberta(name, files, config=None, **others):
        return {"name": f"roberta: {name}", "model": {"model_type": "roberta", **others}, "files": files, "config": config}

    yield bert("vocab.txt alone", {"vocab.txt": text})
    yield bert("vocab.txt with blank lines at its end", {"vocab.txt": f"{text}\n\n \n"})
    yield bert("vocab.txt, cased", {"vocab.txt": text}, {"do_lower_case": False})
    yield bert("vocab.txt, cased, accents off", {"vocab.txt": text}, {"do_lower_case": False, "strip_accents": True})
    yield bert("vocab.txt, no ideographs", {"vocab.txt": text}, {"tokenize_chinese_chars": False})
    yield bert("cased tokenizer.json under the class's defaults", {"tokenizer.json": cased})
    yield bert("cased tokenizer.json that says so twice", {"tokenizer.json": cased}, {"do_lower_case": False})
    for settings in ({"strip_accents": False}, {"handle_chinese_chars": False}, {"clean_text": False}):
        file = word_piece_json(vocab, normalizer=bert_normalizer(**settings))
        yield bert(f"tokenizer.json with {settings} under the class's defaults", {"tokenizer.json": file})
        yield bert(f"tokenizer.json with {settings} as it is", {"tokenizer.json": file}, {"tokenizer_class": "PreTrainedTokenizerFast"})
    for name in ("BertTokenizer", "BertTokenizerFast", "DistilBertTokenizer", "ElectraTokenizerFast",
                 "MobileBertTokenizer", "SqueezeBertTokenizer", "LayoutLMTokenizer", "LxmertTokenizer"):
        yield bert(f"another tokenizer.json under {name}", {"tokenizer.json": other}, {"tokenizer_class": name})
    for name in ("PreTrainedTokenizerFast", "PreTrainedTokenizer", "TokenizersBackend"):
        config = {"tokenizer_class": name, "do_lower_case": True}
        yield bert(f"another tokenizer.json under {name}", {"tokenizer.json": other}, config)
    yield bert("a class in config.json", {"tokenizer.json": other}, None, tokenizer_class="PreTrainedTokenizerFast")
    yield bert(
        "names in special_tokens_map.json",
        {"vocab.txt": renamed, "special_tokens_map.json": json.dumps({"cls_token": "<first>", "sep_token": "<last>"})},
        {"cls_token": "[CLS]"},
    )
    yield bert("markers in added_tokens_decoder", {"vocab.txt": text}, {"added_tokens_decoder": decoder, **names})
    yield bert(
        "markers in added_tokens.json",
        {"vocab.txt": text, "added_tokens.json": json.dumps(markers), "special_tokens_map.json": json.dumps(names)},
    )
    yield bert("markers in tokenizer.json", {"tokenizer.json": word_piece_json(
        vocab, added_tokens=[added(size, "[E1]"), added(size + 1, "[/E1]")])})
    yield bert("words in added_tokens.json", {"vocab.txt": text, "added_tokens.json": json.dumps({"heart attack": size, "boomkicker": size + 1})})
    yield bert("words as they are in tokenizer.json", {"tokenizer.json": word_piece_json(vocab, added_tokens=[
        added(size, "heart attack", normalized=True, special=False),
        added(size + 1, "boomkicker", single_word=True, special=False),
        added(size + 2, "<m>", rstrip=True, special=False),
        added(size + 3, "[E1]", lstrip=True, rstrip=True),
        added(size + 4, "[E1] [/E1]"),
    ])}, {"tokenizer_class": "PreTrainedTokenizerFast"})
    yield bert("a marker of the vocabulary", {"vocab.txt": text.replace("genoa\n", "[E1]\n")}, {"extra_special_tokens": ["[E1]"]})

    yield roberta("vocab.json and merges.txt", bytes_files)
    yield roberta("vocab.json and merges.txt, with a prefix space", bytes_files, {"add_prefix_space": True})
    spaced_file = {"tokenizer.json": bytes_json(pre_tokenizer=spaced)}
    yield roberta("a prefix space in tokenizer.json alone", spaced_file)
    yield roberta("a prefix space in both", spaced_file, {"add_prefix_space": True})
    for name in ("RobertaTokenizerFast", "BartTokenizer", "LongformerTokenizer", "LEDTokenizer", "MvpTokenizer"):
        yield roberta(f"a prefix space under {name}", spaced_file, {"tokenizer_class": name})
    yield roberta("a prefix space as it is", spaced_file, {"tokenizer_class": "PreTrainedTokenizerFast"})
    plain = {"tokenizer.json": bytes_json()}
    yield roberta("a prefix space in a config that is not read", plain, {"tokenizer_class": "PreTrainedTokenizerFast", "add_prefix_space": True})
    lower = {"tokenizer.json": bytes_json(normalizer={"type": "Lowercase"})}
    yield roberta("a normalizer that the class has not", lower)
    yield roberta("a normalizer as it is", lower, {"tokenizer_class": "TokenizersBackend"})
    yield roberta("markers", {"tokenizer.json": bytes_json(added_tokens=[
        added(bytes_size, "[E1]"), added(bytes_size + 1, "<m>", lstrip=True), added(bytes_size + 2, "pump", special=False, normalized=True)
    ])})
    yield roberta("BertTokenizer's files", {"vocab.txt": text}, {"tokenizer_class": "BertTokenizer"})
    yield from unigram_cases()


def encode(case):
    files = {"config.json": json.dumps(case["model"]), **case["files"]}
    if case["config"] is not None:
        files["tokenizer_config.json"] = json.dumps(case["config"])
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        tokenizer = AutoTokenizer.from_pretrained(folder)
    rows = [tokenizer(text) for text in TEXTS]
    marked = type(tokenizer.backend_tokenizer.model).__name__ == "Unigram"

    def words(row):
        tokens = tokenizer.convert_ids_to_tokens(row["input_ids"])
        return project_words(row.word_ids(), tokens) if marked else [-1 if word is None else word for word in row.word_ids()]

    return {
        "name": case["name"],
        "files": {name: content for name, content in files.items() if isinstance(content, str)},
        "base64": {name: base64.b64encode(content).decode() for name, content in files.items() if isinstance(content, bytes)},
        "class": type(tokenizer).__name__,
        "special": sorted(set(tokenizer.all_special_ids) | {i for i, token in tokenizer.added_tokens_decoder.items() if token.special}),
        "ids": [row["input_ids"] for row in rows],
        "words": [words(row) for row in rows],
    }


def main():
    content = {
        "generator": versions("scripts/golden/tokenizer_classes.py"),
        "texts": TEXTS,
        "cases": [encode(case) for case in cases()],
    }
    packed = json.dumps(content, ensure_ascii=True, separators=(",", ":")).encode()
    TARGET.write_bytes(gzip.compress(packed, mtime=0))
    for case in content["cases"]:
        print(case["class"], case["name"])
    print(len(content["cases"]), "cases,", TARGET.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
