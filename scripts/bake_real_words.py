"""Write `llm/data/real_words.json`: English words one or two slips away from a word of the lexicon, or that sound like one, that are no typing errors.

`python scripts/bake_real_words.py`, with `pyspellchecker` (MIT) installed; run again when the lexicon's English words
change. Its word list counts 1.6 thousand million words of running text: what occurs 200 times or more counts as a word.
Words found otherwise (`keep` in the file) stay.
"""

from __future__ import annotations

import json
from pathlib import Path

from spellchecker import SpellChecker

from toile.llm.lexicon import known_words
from toile.llm.mending import near_known
from toile.llm.resemblance import parted, resembled

OUT = Path(__file__).parent.parent / "llm" / "data" / "real_words.json"
COMMON = 200


def main() -> None:
    """Write the file."""
    keep = str(json.loads(OUT.read_text(encoding="utf-8"))["keep"])
    counts = SpellChecker(language="en").word_frequency.dictionary
    words = [
        word
        for word, count in counts.items()
        if count >= COMMON
        and 4 <= len(word) <= 14
        and word.isascii()
        and word.isalpha()
        and word not in known_words()
        and (near_known(word) or (len(word) >= 5 and (parted(word) or resembled(word))))
    ]
    document = {
        "note": "Counts after pyspellchecker (MIT).",
        "keep": keep,
        "words": " ".join(sorted(set(words) - set(keep.split()))),
    }
    OUT.write_text(json.dumps(document, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
