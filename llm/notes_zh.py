"""Notes of the later stages in Chinese: resolving writes English, a Chinese request shows Chinese.

Each pattern is one sentence of `garments.resolve`, `garments.wearer` or `toile.motions`; words of the request inside it
are put into Chinese by `wording`. A sentence without a pattern stays as it is: a test reads every note of many requests.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from toile.garments.spec import Note
from toile.llm.wording import CHINESE, FIELDS, MEASURES

_PATTERNS: tuple[tuple[str, str], ...] = (
    (r"Not said, so chosen for the (\w+): (.+)\.", "没有说明，{0}按以下选定：{1}。"),
    (r"The (dark |light |)blue of denim is indigo, (#\w+)\.", "牛仔布的蓝是靛蓝（{1!r}）。"),
    (r"No colour was said: (.+)'s own, (#\w+)\.", "没有说颜色，用{0}本色（{1!r}）。"),
    (r"No motion was said: a walk\.", "没有说动作，按走路。"),
    (
        r"The motion (\w+) cannot be made yet; (\w+) is the nearest\.",
        "还不能做“{0}”这个动作，用最接近的{1}。",
    ),
    (r"Not said who wears it: a woman\.", "没有说谁穿，按女性。"),
    (r"No height was said: ([\d.]+) cm\.", "没有说身高，按{0}厘米。"),
    (r"Wearer: (.+)\.", "穿着者：{0}。"),
    (
        r"No (circle|half circle) is as narrow as ([\d.]+) cm at the hip; read as the wearer's own hip\.",
        "{0}裙在臀围处不会只有{1}厘米，按穿着者的臀围理解。",
    ),
    (
        r"The wearer's girths were not said; chosen so that the garment fits: (.+)\.",
        "没有说穿着者的围度，按合身选定：{0}。",
    ),
    (
        r"The finished (\w+) suits a body of ([\d.]+) to ([\d.]+) cm; the stated height and weight make about (\d+) cm likely, so it may not fit; it is made as asked\.",
        "成衣{0}适合{1}到{2}厘米的身体；按身高体重估计约{3}厘米，可能不合身，仍按要求制作。",
    ),
    (
        r"Size (.+) read by (.+?), (women|men|straight).*?: (.+?)( \(unverified\))?\.",
        "尺码{0!r}（{2}）按尺码表：{3}。",
    ),
    (
        r"(\S+) is height ([\d.]+) and (\w+) ([\d.]+) cm of the body; .+ drop of ([\d.]+) cm.*\.",
        "{0!r}表示身高{1}、{2}{3}厘米；其余按胸腰差{4}厘米推算。",
    ),
    (r"Worn as (.+)\.", "从外到内：{0}。"),
    (r"A (.+) sleeve, so it is (\w+)\.", "{0}，所以按{1}。"),
    (r"A (.+) sleeve cannot be drafted yet; it is set in\.", "还不能制版{0}，改为装袖。"),
    (r"A cap sleeve has no room to be a (\w+); it is set in\.", "盖肩袖做不成{0}，改为装袖。"),
    (
        r"A (.+) sleeve is cut with the shoulder, which an off-shoulder top has not; it is set in\.",
        "{0}与肩部连裁，露肩款没有肩部，改为装袖。",
    ),
    (
        r"A (\w+) ([\w ]+) has no shoulders for sleeves to hang on; it is sleeveless\. An off-shoulder neckline has sleeves\.",
        "{0}的{1}没有肩部可以上袖，按无袖制作；露肩领可以有袖子。",
    ),
    (
        r"An off-shoulder top hangs on sleeves; they are short\. A strapless one has none\.",
        "露肩款靠袖子挂住，按短袖；抹胸款才没有袖子。",
    ),
    (
        r"A slit cannot be drafted in this ([\w ]+) yet; the seams stay closed\.",
        "还不能在这种{0}上开衩，缝线保持闭合。",
    ),
    (r"Pockets cannot be drafted yet; there are none\.", "还不能制版口袋，没有口袋。"),
    (r"Not drafted yet and left out: (.+)\.", "还不能制版，已略去：{0}。"),
    (
        r"Not drafted yet, or not on this ([\w ]+), and left out: (.+)\.",
        "还不能制版，或不适合{0}，已略去：{1}。",
    ),
    (
        r"A ([\w ]+) with a waistline that is (\w+) cannot be drafted yet; it sits at the natural waist\.",
        "还不能制版{1}的{0}，腰线在自然腰位。",
    ),
    (
        r"A ([\w ]+?) (\w+) cannot be drafted yet; ([\w ]+) is the nearest\.",
        "还不能制版{0}{1}，用最接近的{2}。",
    ),
    (
        r"A ([\w ]+) neckline cannot be drafted yet; ([\w ]+) is the nearest\.",
        "还不能制版{0}，用最接近的{1}。",
    ),
    (r"A repeat was given, but no print; the cloth is solid\.", "说了花回但没有图案，布料为纯色。"),
    (
        r"The wearer moves as (.+) says, for at most ([\d.]+) s; choose with --seconds\.",
        "穿着者按{0!r}运动，最长{1}秒；可用 --seconds 选定。",
    ),
    (r"The wearer moves as (.+) says\.", "穿着者按{0!r}运动。"),
)
_MEASURED = re.compile(r"\b(waist|bust|underbust|hip|height|length) (?=[\d.])")
_COMPILED = tuple((re.compile(pattern), template) for pattern, template in _PATTERNS)
_WORDS = {
    "women": "女",
    "men": "男",
    "straight": "女",
    "over": "、",
    "and": "和",
    "woman": "女",
    "man": "男",
    "female": "女",
    "male": "男",
    "tall": "身高",
    "average": "标准",
}


def in_chinese(message: str) -> str:
    """Return a note's sentence in Chinese, or as it is where it is none of ours."""
    for pattern, template in _COMPILED:
        match = pattern.fullmatch(message)
        if match is not None:
            return template.replace("!r}", "}").format(
                *(
                    g if "!r" in template and f"{{{i}!r}}" in template else _words(g or "")
                    for i, g in enumerate(match.groups())
                )
            )
    return message


def translated(notes: Sequence[Note]) -> tuple[Note, ...]:
    """Return notes with their sentences in Chinese."""
    return tuple(note.model_copy(update={"message": in_chinese(note.message)}) for note in notes)


def _words(text: str) -> str:
    """Put the request's words in a phrase into Chinese: "silhouette a line, fabric cotton" -> 廓形A字、面料棉."""
    parts = []
    for part in _MEASURED.sub(lambda m: MEASURES[f"{m[1]}_cm"][0], text).split(", "):
        pieces = [_one(piece) for piece in _runs(part)]
        parts.append("".join(pieces))
    return "、".join(parts)


def _runs(text: str) -> list[str]:
    """Split a phrase into the longest runs that have Chinese words, and single words."""
    words, runs = text.split(" "), []
    while words:
        for count in range(min(3, len(words)), 0, -1):
            run = " ".join(words[:count])
            if count == 1 or _table().get(run) is not None:
                runs.append(run)
                words = words[count:]
                break
    return runs


def _one(word: str) -> str:
    number = re.fullmatch(r"([\d.]+)(cm|kg)?", word)
    if number is not None:
        return number[1] + {"cm": "厘米", "kg": "公斤", None: ""}[number[2]]
    return _table().get(word, {"cm": "厘米", "kg": "公斤", "a": "", "the": "", "of": ""}.get(word, word))


def _table() -> dict[str, str]:
    if not _TABLE:
        for words in CHINESE.values():
            for name, chinese in words.items():
                _TABLE.setdefault(name.replace("_", " "), chinese)
                _TABLE.setdefault(name, chinese)
        for name, (chinese, _) in {**FIELDS, **MEASURES}.items():
            plain = name.removesuffix("_cm").removesuffix("_kg")
            _TABLE.setdefault(plain, chinese)
            _TABLE.setdefault(plain.replace("_", " "), chinese)
        _TABLE.update(_WORDS)
    return _TABLE


_TABLE: dict[str, str] = {}
