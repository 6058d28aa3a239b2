"""Small SentencePiece Unigram models, trained on the spot by Google's library (pip: sentencepiece, protobuf)."""

import io
import tempfile
from collections.abc import Iterable
from pathlib import Path

import sentencepiece
from sentencepiece import sentencepiece_model_pb2

# A small normalizer, as a table of code points: spaces, a ligature, an accent that joins its letter, a character that goes.
RULES = "".join(
    f"{before}\t{after}\n"
    for before, after in [("9", "20"), ("A", "20"), ("A0", "20"), ("FB01", "66 69"), ("65 301", "E9"), ("AD", ""), ("2026", "2E 2E 2E")]
)


def trained(sentences: Iterable[str], pieces: int, **settings) -> sentencepiece_model_pb2.ModelProto:
    """A Unigram model of about so many pieces, <unk>, <s> and </s> first."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences),
        model_writer=model,
        model_type="unigram",
        vocab_size=pieces,
        hard_vocab_limit=False,
        num_threads=1,
        minloglevel=2,
        **settings,
    )
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(model.getvalue())
    return proto


def character_map(rules: Iterable[tuple[str, str]]) -> bytes:
    """The compiled map of a normalizer with these replacements."""
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "rules.tsv"
        written = (" ".join(f"{ord(c):X}" for c in side) for rule in rules for side in rule)
        table.write_text("".join(f"{before}\t{after}\n" for before, after in zip(written, written, strict=True)))
        proto = trained(["b c d e f"] * 3, 12, normalization_rule_tsv=str(table), character_coverage=1.0)
    return proto.normalizer_spec.precompiled_charsmap
