"""Write `llm/data/homophones.json`: which common characters sound alike, tones aside, and which words must stay.

`python scripts/bake_homophones.py`, with `pypinyin` and `jieba` (both MIT) installed; run again when the lexicon's Chinese words change.
`sounds`: syllable to its characters (GB 2312 and those of the lexicon). `words`: real words of two to five
characters that sound like a phrase of the lexicon and are one character away from it: never a typing error.
"""

from __future__ import annotations

import json
from pathlib import Path

import jieba
from pypinyin import Style, pinyin
from pypinyin.phrases_dict import phrases_dict

from toile.llm.mending import mendable_phrases
from toile.llm.novelty import filler_phrases

OUT = Path(__file__).parent.parent / "llm" / "data" / "homophones.json"


_OF_CLOTHES = {"调": "tiao", "呢": "ni"}  # of two readings the one that is typed for 条


def _sound(character: str) -> str:
    sound = _OF_CLOTHES.get(character) or pinyin(character, style=Style.NORMAL)[0][0]
    sound = sound.replace("v", "u")  # 录 is often typed for 绿
    if len(sound) > 3 and sound.endswith("ng"):
        sound = sound[:-1]  # and 成 for 衬
    return sound.replace("zh", "z").replace("ch", "c").replace("sh", "s")


def _words() -> set[str]:
    """Return Chinese words: pypinyin's phrases, jieba's that its corpus has three times or more (no names), our fillers."""
    lines = (Path(jieba.__file__).parent / "dict.txt").read_text(encoding="utf-8").splitlines()
    table = [line.split(" ") for line in lines]
    names = {word for word, _, tag in table if tag in ("nr", "ns", "nt", "nz", "nrt", "nrfg")}
    common = {word for word, count, _ in table if int(count) >= 3}
    return ({*phrases_dict, *common} - names) | set(filler_phrases())


def main() -> None:
    """Write the file."""
    level_one = (bytes([0xA0 + r, 0xA0 + c]) for r in range(16, 88) for c in range(1, 95))
    characters = {b.decode("gb2312", "ignore") for b in level_one} - {""}
    phrases = mendable_phrases()
    characters |= {c for phrase in phrases for c in phrase}
    sounds: dict[str, str] = {}
    for character in sorted(characters):
        sounds[_sound(character)] = sounds.get(_sound(character), "") + character
    keys = {tuple(_sound(c) for c in phrase) for phrase in phrases}
    real = [
        word
        for word in _words()
        if 2 <= len(word) <= 5 and word not in phrases and tuple(_sound(c) for c in word) in keys
    ]
    document = {
        "note": "Sounds after pypinyin (MIT), words after pypinyin and jieba (MIT).",
        "sounds": sounds,
        "words": " ".join(sorted(real)),
    }
    OUT.write_text(json.dumps(document, ensure_ascii=False, indent=0), encoding="utf-8")


if __name__ == "__main__":
    main()
