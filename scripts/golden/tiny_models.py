"""Small random BERT and RoBERTa models with tokenizers of their own, for golden files."""

import copy
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from torch import Tensor, nn
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertForSequenceClassification,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForMaskedLM,
    RobertaForSequenceClassification,
)

VOCABULARY = 360
HIDDEN = 32
CLASSES = 5
SIZES = {
    "vocab_size": VOCABULARY,
    "hidden_size": HIDDEN,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "attn_implementation": "eager",
}
WEIGHT_STD = 0.15
BIAS_STD = 0.1


class ClassificationHead(nn.Module):
    """Encoder output at position 0 -> dense(H) -> tanh -> dense(C); dropout is left out."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = nn.Linear(HIDDEN, HIDDEN)
        self.out = nn.Linear(HIDDEN, CLASSES)

    def forward(self, hidden: Tensor) -> Tensor:
        """hidden [B, S, H] -> logits [B, C]."""
        return self.out(torch.tanh(self.dense(hidden[:, 0])))


@dataclass(frozen=True)
class TinyModel:
    """A masked language model, a classification head for it and their tokenizer."""

    family: str
    model: PreTrainedModel
    head: ClassificationHead
    tokenizer: PreTrainedTokenizerFast

    def hidden(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Encoder output [B, S, H]."""
        return self.model.base_model(input_ids=ids, attention_mask=mask).last_hidden_state

    def save(self, folder: Path) -> None:
        """Writes config.json, model.safetensors, head.safetensors and the tokenizer files."""
        self.model.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)
        save_file(dict(self.head.state_dict()), folder / "head.safetensors")


def build(family: str, sentences: list[str]) -> TinyModel:
    """A model in evaluation mode whose weights depend on nothing but the family."""
    if family == "roberta":
        # 66 positions: RoBERTa's first position is pad_token_id + 1 = 2, so 64 tokens fit.
        model = RobertaForMaskedLM(
            RobertaConfig(**SIZES, max_position_embeddings=66, type_vocab_size=1, layer_norm_eps=1e-5)
        )
        tokenizer = byte_level_bpe(sentences)
    else:
        model = BertForMaskedLM(
            BertConfig(**SIZES, max_position_embeddings=64, type_vocab_size=2, layer_norm_eps=1e-12)
        )
        tokenizer = word_piece(sentences)
    head = ClassificationHead()
    generator = torch.Generator().manual_seed(20 if family == "roberta" else 21)
    for module in (model, head):
        for name, parameter in module.named_parameters():
            perturb(name, parameter, generator)
    tiny = TinyModel(family, model.eval(), head.eval(), tokenizer)
    compare_with_library_classifier(tiny)
    return tiny


def perturb(name: str, parameter: nn.Parameter, generator: torch.Generator) -> None:
    """Draws a value that no initial value hides: biases are not 0, LayerNorm weights are not 1."""
    noise = torch.randn(parameter.shape, generator=generator)
    with torch.no_grad():
        if is_layer_norm(name) and name.endswith("weight"):
            parameter.copy_(1 + BIAS_STD * noise)
        else:
            parameter.copy_((BIAS_STD if name.endswith("bias") else WEIGHT_STD) * noise)


def is_layer_norm(name: str) -> bool:
    return "LayerNorm" in name or "layer_norm" in name


def compare_with_library_classifier(tiny: TinyModel) -> None:
    """The head above must be the library's own classifier of the family."""
    config = copy.deepcopy(tiny.model.config)
    config.num_labels = CLASSES
    if tiny.family == "roberta":
        library = RobertaForSequenceClassification(config)
        dense, out = library.classifier.dense, library.classifier.out_proj
    else:
        library = BertForSequenceClassification(config)
        dense, out = library.bert.pooler.dense, library.classifier
    # Not strict: the masked language model has no pooler.
    library.base_model.load_state_dict(tiny.model.base_model.state_dict(), strict=False)
    dense.load_state_dict(tiny.head.dense.state_dict())
    out.load_state_dict(tiny.head.out.state_dict())
    library.eval()
    ids = torch.arange(5, 29).reshape(2, 12)
    mask = torch.ones_like(ids)
    with torch.no_grad():
        expected = library(input_ids=ids, attention_mask=mask).logits
        actual = tiny.head(tiny.hidden(ids, mask))
    torch.testing.assert_close(actual, expected, rtol=0, atol=1e-6)


def byte_level_bpe(sentences: list[str]) -> PreTrainedTokenizerFast:
    """RoBERTa's layout: GPT-2 byte-level BPE, <s> 0, <pad> 1, </s> 2, <unk> 3, <mask> last."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - 1,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(sentences, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False
    )
    return wrapped(tokenizer, "<s>", "</s>", "<pad>", "<unk>", "<mask>")


def word_piece(sentences: list[str]) -> PreTrainedTokenizerFast:
    """BERT's uncased layout: [PAD] 0, [UNK] 1, [CLS] 2, [SEP] 3, [MASK] 4, then pieces."""
    normalizer = normalizers.BertNormalizer(lowercase=True)
    splitter = pre_tokenizers.BertPreTokenizer()
    words = Counter(
        word
        for sentence in sentences
        for word, _ in splitter.pre_tokenize_str(normalizer.normalize_str(sentence))
    )
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    pieces = specials + word_pieces(words, VOCABULARY - len(specials))
    tokenizer = Tokenizer(
        models.WordPiece(
            {piece: i for i, piece in enumerate(pieces)},
            unk_token="[UNK]",
            max_input_chars_per_word=100,
        )
    )
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = splitter
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return wrapped(tokenizer, "[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]")


def word_pieces(words: Counter[str], count: int) -> list[str]:
    """Every character seen, then the strings that save the most pieces, ties in code point order.

    The library's own trainer breaks ties differently in every run.
    """
    characters: set[str] = set()
    saved: Counter[str] = Counter()
    for word, times in words.items():
        for start in range(len(word)):
            prefix = "##" if start else ""
            characters.add(prefix + word[start])
            for end in range(start + 2, len(word) + 1):
                saved[prefix + word[start:end]] += times * (end - start - 1)
    ranked = sorted(saved, key=lambda piece: (-saved[piece], piece))
    return [*sorted(characters), *ranked[: count - len(characters)]]


def wrapped(
    tokenizer: Tokenizer, start: str, end: str, pad: str, unknown: str, mask: str
) -> PreTrainedTokenizerFast:
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        cls_token=start,
        sep_token=end,
        pad_token=pad,
        unk_token=unknown,
        mask_token=mask,
        model_max_length=64,
    )
    if len(fast) != VOCABULARY:
        raise ValueError(f"the tokenizer holds {len(fast)} tokens, the model {VOCABULARY}")
    return fast
