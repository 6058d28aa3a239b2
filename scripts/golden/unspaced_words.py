"""The project's words under tokenizers that part words at spaces alone: tokens of scripts without spaces are words of their own."""

BLOCKS = [
    (0x0E00, 0x0FFF),  # Thai, Lao, Tibetan
    (0x1000, 0x109F), (0xA9E0, 0xA9FF), (0xAA60, 0xAA7F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007), (0x3040, 0x312F), (0x31A0, 0x31BF), (0x31F0, 0x31FF), (0xFF66, 0xFF9F),  # kana, Bopomofo
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF),  # ideographs
]


def unspaced(token):
    return any(first <= ord(c) <= last for c in token for first, last in BLOCKS)


def project_words(words, tokens):
    """
    Hugging Face's word ids (None: special), with a new word at each mark of a space and at each end of a token of such a script, but not behind
    a lone mark.
    """
    found, added = [], 0
    for at, (word, token) in enumerate(zip(words, tokens, strict=True)):
        inside = at > 0 and word is not None and words[at - 1] == word
        ends = inside and tokens[at - 1] != "\u2581" and (unspaced(tokens[at - 1]) or unspaced(token))
        if ends or (inside and token.startswith("\u2581")):
            added += 1
        found.append(-1 if word is None else word + added)
    return found
