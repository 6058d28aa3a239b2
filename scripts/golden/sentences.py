"""The sentences of the golden models: five topics of twelve sentences, 3 to 40 words each.

They are written for this purpose and hold what a tokenizer stumbles on: accents, emoji, hyphens,
apostrophes, numbers, units, code, capitals and repeated words.
"""

MEDICINE = [
    "Fever since Monday.",
    "The patient was given 40 mg of omeprazole twice daily for two weeks.",
    "Echocardiography showed a mildly reduced left-ventricular ejection fraction of 45 %.",
    "She denies chest pain, dyspnoea, syncope or palpitations at rest.",
    "Résumé of the ward round: the café-au-lait spots are unchanged, and the naïve T cells look normal.",
    "After the second dose the swelling went down, the rash faded, and by the next morning the child was "
    "eating, drinking and asking for the toys that the nurse had hidden under the bed.",
    "Troponin I negative x3; ECG without ST-segment changes.",
    "Allergic to penicillin, latex and, according to his wife, to Mondays 😷.",
    "A double-blind trial with 212 patients found no difference between the two anticoagulants.",
    "Please repeat the potassium in 6h, it was 2.9 mmol/L.",
    "Post-operative pain was well controlled with paracetamol and a small amount of morphine.",
    "The biopsy of the lesion revealed well-differentiated cells, but because the margin was only one "
    "millimetre wide the surgeon advised a wider excision, and the patient, who lives three hours away, agreed "
    "to come back in spring.",
]

COMPUTING = [
    "Segmentation fault again!",
    "We fine-tune a pre-trained masked language model on the labelled texts of the task.",
    "The build fails with `TypeError: x is not a function` on line 87.",
    "Our parser reads the file lazily, so memory stays constant even for very long inputs.",
    "Masking rare tokens more often than frequent tokens helped the model to learn the vocabulary of the "
    "domain, while masking tokens at random mostly taught it words that it already knew from the pre-training "
    "corpus.",
    "Don't merge this yet: it isn't tested, and I've seen it deadlock twice.",
    "The server answered 503, the client retried, and the server answered 503 again 🤖.",
    "Gradient clipping keeps the norm of the update below one.",
    "Sorting takes O(n log n) comparisons; hashing takes O(n) on average.",
    "Naive Bayes, although naïve, is a surprisingly strong baseline for text classification.",
    "CPU: 2 cores @ 2.4GHz, RAM: 8GB, disk: 100 GB.",
    "The attention weights of the last layer are read by no one, printed by everyone, and explained by a "
    "figure in the appendix that was drawn before the model had finished its training.",
]

COOKING = [
    "Needs more salt.",
    "Whisk the egg whites until they hold soft peaks.",
    "Crème brûlée wants patience, a good blow-torch and very fresh cream.",
    "Fold in the flour, then the butter, then the flour again, and stop as soon as the dough is smooth.",
    "Simmer 20-25 minutes at 90 °C, never boil.",
    "My grandmother's jalapeño soup is not for the faint-hearted 🌶️🔥.",
    "If the sauce splits, take it off the heat, add a spoonful of cold water and whisk as though your dinner "
    "depended on it, because it does, and because the guests have already rung the bell downstairs.",
    "Toast the cumin and the coriander seeds in a dry pan.",
    "Serves 4, or 2 hungry teenagers.",
    "Sourdough without steam gives a pale, dull crust.",
    "The piñata-shaped cake collapsed, the piñata-shaped biscuits did not.",
    "Rinse the rice until the water runs clear, let it rest for half an hour, cook it covered over the lowest "
    "flame, and do not lift the lid, not even once, not even to look.",
]

TRAVEL = [
    "Train delayed, again.",
    "São Paulo to Zürich takes about eleven hours and forty minutes.",
    "The hostel was clean, cheap, quiet and five minutes from the harbour 🚢.",
    "We missed the last ferry, so we slept on the beach and watched the lights of the island.",
    "Platform 9, coach B, seat 14a; the coach has no seat 14a.",
    "The guide told us that the tower leans because it wants to hear what the tourists say about it.",
    "Passports, tickets, sun-cream, socks: checked.",
    "Ålesund in June is bright at midnight, which is wonderful for photographers and terrible for anyone who "
    "hoped to sleep in a tent without a mask over the eyes.",
    "Is the museum open on public holidays?",
    "A return ticket costs €18.50 at the counter but only €12 online.",
    "The mountain road was closed by snow, the valley road by sheep, and the motorway by a truck full of "
    "oranges, so that we saw more of the country in one afternoon than in the whole week before.",
    "They don't stamp passports here any more.",
]

LAW = [
    "Appeal dismissed.",
    "The tenant shall pay the rent on or before the third working day of each month.",
    "Whether the clause is void under § 307 was left open by the court.",
    "The defendant, a limited company registered in Łódź, failed to deliver 1,200 units.",
    "Neither party may assign its rights without the prior written consent of the other party.",
    "The witness could not recall the date, the place, the colour of the car or the reason for his visit, but "
    "he recalled with remarkable precision that it had not been him who had signed the contract.",
    "Costs follow the event.",
    "Fair use is a defence, not a licence; it's judged case by case ⚖️.",
    "The duty of care extends to foreseeable harm only.",
    "Notice must be given in writing, e-mail being sufficient.",
    "In 2019 the statute was amended, in 2021 the amendment was repealed, and in 2022 the repeal was itself "
    "declared invalid, which is why the original wording, misprints included, is the law again today.",
    "The co-owner's claim isn't barred by limitation.",
]

TOPICS = ["medicine", "computing", "cooking", "travel", "law"]

# (sentence, label) with the topics taking turns, so that any run of them holds every label.
LABELLED = [
    (sentence, label)
    for row in zip(MEDICINE, COMPUTING, COOKING, TRAVEL, LAW, strict=True)
    for label, sentence in enumerate(row)
]

# Kept from the tokenizer's training: characters and words that its vocabulary does not know.
UNSEEN = [
    "Γνῶθι σεαυτόν, wrote the philosopher, and 東京 replied with a 🦊.",
    "HYPERPARATHYROIDISM_v2 ≠ hypo-parathyroidism, says Q&A #7 (https://example.org/a?b=c)…",
]
