"""English numbers in words: "a hundred and ten centimetres", "thirty-four inch", "one metre sixty-five", "five foot four".

Words of the normal text, in which hyphens inside words are spaces. A small number (under 20) counts only before a unit
that is spelt out: "one shoulder" and "two in black" are no measurements.
"""

from __future__ import annotations

import re

_ONES = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = [
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_VALUES = {
    **{word: 1 + i for i, word in enumerate(_ONES)},
    **{word: 10 + i for i, word in enumerate(_TEENS)},
    **{word: 20 + 10 * i for i, word in enumerate(_TENS)},
    "fourty": 40,
}
NUMBER_WORDS = frozenset(
    [
        *_VALUES,
        *[
            "hundred",
            "kilo",
            "kilos",
            "inch",
            "inches",
            "metre",
            "metres",
            "meter",
            "meters",
            "pound",
            "pounds",
            "feet",
            "foot",
            "stone",
        ],
    ]
)
_ONE, _TEEN, _TEN = ("|".join(words) for words in (_ONES, _TEENS, [*_TENS, "fourty"]))
_SMALL = rf"(?:(?:{_TEN})(?: (?:{_ONE}))?|{_TEEN}|{_ONE})"
_WORDS = re.compile(
    rf"(?:one (?P<spoken>oh (?:{_ONE})|(?:{_TEN})(?: (?:{_ONE}))?)|(?:(?P<h>an?|{_ONE}) hundred(?:(?: and)? (?P<rest>{_SMALL}))?)|(?P<small>{_SMALL}))(?P<half> and a half)?(?![a-z])"
)
UNIT_NAMES = r"(?:and a half )?(?:inch|centimet|millimet|met(?:er|re)|feet|foot|yard|kilo|stone|pound|second|degree|frames?\b|percent)"
_UNIT_AFTER = re.compile(rf" ?(?:{UNIT_NAMES}|cm|mm|kg|fps|lbs?\b)")
_ARTICLE = re.compile(r"an? (?=(?:inch|centimet|met(?:er|re)|half (?:inch|met)))")
_METRES = re.compile(
    rf"(?P<m>an?|{_ONE}) met(?:er|re)s?(?: and)? (?P<cm>{_SMALL})(?: centimet(?:er|re)s?| cm)?(?![a-z])(?! (?:met|inch|second))"
)
_FEET = re.compile(rf"(?P<ft>{_ONE}) (?:foot|feet|ft)(?: (?P<in>{_SMALL})(?: inch(?:es)?)?)?(?![a-z])")


def _small(words: str) -> float:
    return float(sum(_VALUES[word] for word in words.split()))


def _unit_value(word: str) -> float:
    return 1.0 if word in ("a", "an") else _small(word)


def number_words(text: str, start: int) -> tuple[int, float, bool] | None:
    """Return the end and the value of the number in words that begins at a character; None where there is none.

    The third value says whether it needs a unit behind it to be a measurement ("two", "a").
    """
    match = _WORDS.match(text, start)
    if match is None:
        article = _ARTICLE.match(text, start)
        return (article.end() - 1, 1.0, True) if article is not None else None
    if match["spoken"]:
        value = 100.0 + _small(match["spoken"].removeprefix("oh "))  # one sixty five
    elif match["h"]:
        value = 100.0 * _unit_value(match["h"]) + (_small(match["rest"]) if match["rest"] else 0.0)
    else:
        value = _small(match["small"])
    if match["half"]:
        value += 0.5
    alone = value < 20.0
    if alone and _UNIT_AFTER.match(text, match.end()) is None:
        return None
    return match.end(), value, alone


def metres_in_words(text: str, start: int) -> tuple[int, float] | None:
    """Return the end and the centimetres of "one metre sixty-five", or None."""
    match = _METRES.match(text, start)
    if match is None:
        return None
    rest = _small(match["cm"])
    return match.end(), 100.0 * _unit_value(match["m"]) + rest


def feet_in_words(text: str, start: int) -> tuple[int, float] | None:
    """Return the end and the inches of "five foot four", or None."""
    match = _FEET.match(text, start)
    if match is None:
        return None
    inches = _small(match["in"]) if match["in"] else 0.0
    return (match.end(), 12.0 * _small(match["ft"]) + inches) if inches < 12.0 else None
