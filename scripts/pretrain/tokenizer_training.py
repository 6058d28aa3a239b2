"""Train a byte-level BPE tokenizer from plain text.

    python scripts/pretrain/tokenizer_training.py OUTPUT.json TEXT...

TEXT is UTF-8, one paragraph a line, plain or .xz. The result has RoBERTa's layout: <s> 0, <pad> 1, </s> 2, <unk> 3,
<mask> last. It depends on the texts, their order and the version of the library alone.
"""
import argparse
import lzma
from collections.abc import Iterator
from pathlib import Path

import tokenizers
from tokenizers import AddedToken, Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.processors import RobertaProcessing
from tokenizers.trainers import BpeTrainer

FIRST, PAD, LAST, UNKNOWN, MASK = "<s>", "<pad>", "</s>", "<unk>", "<mask>"


def paragraphs(paths: list[Path]) -> Iterator[str]:
    """The lines of the texts that are not empty."""
    for path in paths:
        opened = lzma.open(path, "rt", encoding="utf-8") if path.suffix == ".xz" else path.open(encoding="utf-8")
        with opened as lines:
            yield from (line.rstrip("\n") for line in lines if line.strip())


def train(texts: Iterator[str], vocabulary_size: int) -> Tokenizer:
    """A tokenizer of exactly `vocabulary_size` ids, the mask token included."""
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    tokenizer.decoder = ByteLevelDecoder()
    trainer = BpeTrainer(
        vocab_size=vocabulary_size - 1,  # the mask token comes last
        min_frequency=2,
        initial_alphabet=ByteLevel.alphabet(),
        special_tokens=[FIRST, PAD, LAST, UNKNOWN],
        show_progress=True,
    )
    tokenizer.train_from_iterator(texts, trainer)
    # Like RoBERTa's: the mask token takes the space before it.
    tokenizer.add_special_tokens([AddedToken(MASK, lstrip=True)])
    ends = [(token, tokenizer.token_to_id(token)) for token in (LAST, FIRST)]
    tokenizer.post_processor = RobertaProcessing(*ends, add_prefix_space=False, trim_offsets=True)
    return tokenizer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("texts", type=Path, nargs="+")
    parser.add_argument("--vocabulary-size", type=int, default=16384)
    options = parser.parse_args()
    tokenizer = train(paragraphs(options.texts), options.vocabulary_size)
    tokenizer.save(str(options.output))
    print(f"{options.output}: {tokenizer.get_vocab_size()} tokens, tokenizers {tokenizers.__version__}")


if __name__ == "__main__":
    main()
