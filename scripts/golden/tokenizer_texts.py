"""Texts for the tokenizer tables: sentences to train on, and a seeded mix of what breaks tokenizers."""

import random

SENTENCES = [
    "The committee published its report on Thursday, three weeks later than it had promised.",
    "We measured the temperature of the water every morning and every evening for two years.",
    "A small language model was trained on the same sentences that the larger model had already seen.",
    "Patients with diabetes were treated with insulin, and their blood pressure was recorded daily.",
    "Previous work showed that rare words carry more information than frequent words.",
    "She opened the window, listened to the rain and decided not to go out after all.",
    "The results are given in Table 3, and the remaining experiments are described in the appendix.",
    "It's not that they couldn't understand the question; they simply didn't want to answer it.",
    "In 1969 the first message crossed the network: two letters, then the machine stopped.",
    "The price rose from $12.50 to $17.99, which is 43.9% more than in the year before.",
    "Our method masks the tokens that the vanilla model finds surprising, and leaves the others alone.",
    "The orchestra played the second movement slowly, as if nobody in the hall had to catch a train.",
    "Proteins fold into their structure within milliseconds, guided by hydrophobic interactions.",
    "I'd have called you if I'd known; we've been waiting since five o'clock and they'll be late again.",
    "The river carries sediment from the mountains to the delta, where it feeds the mangrove forests.",
    "Classification accuracy improved from 71.7 to 79.1 points on the development set.",
    "Nobody expected the bridge to last for three hundred years, least of all the people who built it.",
    "Multi-task learning shares parameters between a main task and one or more auxiliary tasks.",
    "The recipe asks for 250 g of flour, 3 eggs, a pinch of salt and as much patience as you have.",
    "Acute myocardial infarction was ruled out; the electrocardiogram was unremarkable.",
    "Every student wrote an essay about the history of printing, from woodblocks to the newspaper.",
    "The algorithm terminates after at most n iterations because the potential decreases strictly.",
    "Citation functions tell us whether a paper extends, uses, compares or merely mentions another one.",
    "This film is a wonderful, warm and surprisingly funny story about an old man and his boat.",
    "The worst thing about the movie was its ending, which seemed to be taken from another movie.",
    "Masked language modeling predicts the hidden words of a sentence from the words around them.",
    "Le garçon a mangé une crème brûlée à la fenêtre du café, puis il est rentré chez lui.",
    "Die Prüfung wurde verschoben, weil der größte Teil der Schüler krank war; später schien die Sonne.",
    "El niño pequeño preguntó dónde estaba la estación y por qué el tren no había llegado todavía.",
    "Το πρωί ο ΟΔΥΣΣΕΥΣ διάβασε την εφημερίδα και ήπιε έναν καφέ.",
    "Вечером мы гуляли по набережной и говорили о погоде, о книгах и о музыке.",
    "東京の夏はとても暑いです。私たちは川の近くで花火を見ました。",
    "机器学习模型需要大量的数据，但是数据并不总是容易得到。",
    "오늘은 날씨가 좋아서 공원에서 책을 읽었습니다.",
    "كانت المدينة القديمة هادئة في الصباح الباكر قبل أن تفتح الأسواق.",
    "ฉันชอบกินข้าวผัดและต้มยำกุ้งมาก",
    "हम कल शाम को नदी के किनारे टहलने गए थे।",
    "Người phụ nữ bán hoa ở góc đường mỉm cười với tất cả mọi người.",
    "İstanbul'da ışıklar söndü, ama kimse şaşırmadı.",
    "The café's naïve façade hid a première cuvée; the résumé was Motörhead's coöperation with Dvořák.",
]

EMOJI = ["😀", "👩‍👩‍👧‍👦", "🏳️‍🌈", "🇯🇵", "🇩🇪🇫🇷", "👍🏽", "❤️", "☕", "🧑🏿‍🚀", "1️⃣", "🫠", "✍🏻", "™", "😵‍💫"]
SPECIAL_STRINGS = [
    "<mask>", " <mask>", "<s>", "</s>", "<pad>", "<unk>", "[MASK]", "[CLS]", "[SEP]", "[PAD]", "[UNK]",
    "<mask><mask>", "[mask]", "<MASK>", "[SEP] [CLS]", "##ing", "Ġthe", "▁the", "</s><s>", "[unused1]",
]
SPACES = [
    " ", "  ", "   ", "\t", "\n", "\n\n", "\r\n", "\r", " \n ", "\t\t", "\u00a0", "\u2003", "\u3000", "\u0085",
    "\u2028", "\u2029", "\u1680", "\u202f", "\u205f", "\v", "\f", "\u200b", "\ufeff", "\u2060", "\u180e",
]
CONTROLS = [
    "\x00", "\x01", "\x07", "\x08", "\x1b", "\x1c", "\x1f", "\x7f", "\x80", "\x9f", "\u00ad", "\u200c", "\u200d",
    "\u200e", "\u202a", "\u202e", "\u2066", "\ufffd", "\ufffe", "\uffff", "\ue000", "\U000f0000", "\U0010ffff",
    "\U000e0001", "\U000e0041", "\ufe0f", "\u061c", "\ufff9", "\ud7a3", "\ud7c7", "\u0890", "\u08e2", "\U000110cd",
]
ACCENTS = [
    "e\u0301", "\u00e9", "o\u0308\u0304", "\u1ed7", "A\u030a", "\u212b", "\u1e9b\u0323", "i\u0307", "\u0130", "\u0131",
    "n\u0303o", "\u0344", "\u1fee", "\u0958", "\u2126", "\u03a3", "\u03c3\u03a3", "\u03a3\u0301", "\u1e9e", "\u00df",
    "\ufb01", "\u0149", "\u01c5", "\u1f88", "\u0345", "\u0903", "\u093f", "\u20d0", "\u20e3", "\u3099", "\u304b\u3099",
    "\uac00", "\u1100\u1161", "\u0f73", "\U0001d15e", "a\u0316\u0301", "a\u0301\u0316", "a\u05ae\u0300", "\u0387",
    "\u037e", "\u1fbf", "\u2260", "\u0627\u0653", "\U0001109a", "\U00011938", "\U000105c9", "\U00016121", "\u0897",
]
SCRIPTS = [
    "漢字かな交じり文", "𠀀𠮷野家", "\U0002b820\U0002ceb0\U00030000\U00031350", "豈更", "\U0002f800", "㐀㐁", "々〇〆",
    "한국어", "ｶﾀｶﾅ", "ＡＢＣ１２３", "ไม่เป็นไร", "السلام", "שָׁלוֹם", "ǅungla", "ꙮ", "ᏣᎳᎩ", "ꭰꭱ", "Ⲁⲁ",
    "𝕳𝖊𝖑𝖑𝖔", "𝔘𝔫𝔦", "①②③", "½¾", "Ⅷ", "٣٤٥", "१२३", "²³", "𝟙𝟚", "\U00016ff4", "\U00011de1", "\u1c89\u1c8a", "ℵ∞√",
    "\U000323b0", "\U00033479", "\U0001e900\U0001e922", "\U00010d50\U00010d70", "\ua7cb",
]
PUNCTUATION = list("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~") + [
    "…", "—", "–", "«", "»", "“", "”", "‘", "’", "¿", "¡", "§", "¶", "·", "°", "©", "€", "£", "¥", "±", "×", "÷", "。",
    "、", "「", "」", "！", "？", "～", "،", "؟", "।", "\u2e43", "\u2e5d", "\u0df4", "\u166d", "\u061d", "\u09fd", "\U0001e95e",
    "\U00011fff", "\u10fb", "\u1360", "†", "‰", "\u2010", "\u2011", "\u2212", "\u30fb", "\uff65", "\u0f3a", "⁓",
]
DIGITS = ["0", "7", "42", "1984", "3.14159", "1,000,000", "1e-5", "0x1F", "50%", "2nd", "H2O", "x²", "10:30", "+1-555-0199"]
CONTRACTIONS = ["don't", "I'm", "we've", "they'll", "he'd", "you're", "it's", "'s", "DON'T", "rock'n'roll", "’s", "''s", "' s", "o'clock's"]
LONG = ["a", "ab", "é", "東", "Ab1", "!", "the", "😀", "e\u0301", "\U0002b820"]


def long_words(generator):
    """Around the 100 characters after which WordPiece gives up, and far beyond."""
    for length in (99, 100, 101, 200, 256, 1000):
        unit = generator.choice(LONG)
        yield (unit * length)[:length]
    for unit, length in (("a", 20000), ("the", 9999), ("東", 5000), ("e\u0301", 4000)):
        yield (unit * length)[:length]
    letters = "etaoinshrdlucmfwypvbgk"
    yield "".join(generator.choice(letters) for _ in range(6000))


def make_texts(seed, count):
    generator = random.Random(seed)
    words = sorted({word for sentence in SENTENCES for word in sentence.split()})
    groups = [EMOJI, SPECIAL_STRINGS, SPACES, CONTROLS, ACCENTS, SCRIPTS, PUNCTUATION, DIGITS, CONTRACTIONS]
    texts = ["", " ", "  ", "\n", "\x00", "\u00a0", "a", " a", "a ", " a ", "\ufeffa", *SENTENCES]
    texts += [piece for group in groups for piece in group]
    texts += [f"a{piece}b {piece} c{piece}" for group in groups for piece in group]
    texts += list(long_words(generator))
    texts += [f"before {word} after" for word in long_words(generator) if len(word) < 2000]
    while len(texts) < count:
        parts = []
        for _ in range(generator.randint(1, 14)):
            roll = generator.random()
            if roll < 0.45:
                parts.append(generator.choice(words))
            elif roll < 0.5:
                parts.append(generator.choice(words).upper())
            elif roll < 0.53:
                parts.append(chr(random_code_point(generator)))
            else:
                parts.append(generator.choice(generator.choice(groups)))
            if generator.random() < 0.6:
                parts.append(generator.choice([" ", " ", " ", "  ", generator.choice(SPACES)]))
        texts.append("".join(parts))
    return texts


def random_code_point(generator):
    while True:
        code_point = generator.choice([generator.randrange(0x3000), generator.randrange(0x30000)])
        if not 0xD800 <= code_point <= 0xDFFF:
            return code_point
