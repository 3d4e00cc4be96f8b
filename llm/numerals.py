"""Numbers and units: digits, Chinese numerals, feet and inches, 尺 and 寸, fractions, sizes, ratios.

This module alone turns words into numbers. A `Quantity` keeps its unit as it was said; `centimetres` and `kilograms`
convert. 1 尺 = 100/3 cm, 1 寸 = 10/3 cm, except that 寸 alone also means the inch of 2.54 cm (see `readings`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from toile.llm.number_words import feet_in_words, metres_in_words, number_words

CM_PER: dict[str, float] = {
    "mm": 0.1,
    "cm": 1.0,
    "m": 100.0,
    "in": 2.54,
    "ft": 30.48,
    "chi": 100.0 / 3.0,
    "cun": 10.0 / 3.0,
    "yd": 91.44,
}
KG_PER: dict[str, float] = {"kg": 1.0, "jin": 0.5, "lb": 0.45359237, "st": 6.35029318}

CHINESE_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_MULTIPLIERS = {"十": 10, "百": 100, "千": 1000}

_NOT_INCHES = (
    "the|a|an|total|length|all|my|her|his|size|height|colou?r|black|white|red|blue|green|navy|silk|cotton|"
    "grey|gray|pink|purple|yellow|beige|linen|denim|wool"
)
_UNIT_WORDS: tuple[tuple[str, str], ...] = (
    ("mm", r"毫米|mm(?![a-z])|millimet(?:er|re)s?(?![a-z])"),
    ("cm", r"厘米|公分|cms?(?![a-z])|centimet(?:er|re)s?(?![a-z])|㎝"),
    ("kg", r"公斤|千克|kgs?(?![a-z])|kilos?(?![a-z])|kilograms?(?![a-z])"),
    ("fps", r"帧每秒|帧/秒|帧|fps(?![a-z])|frames (?:per|a) second|frames/s"),
    ("s", r"秒钟|秒|seconds?(?![a-z])|secs?(?![a-z])|s(?![a-z'])"),
    (
        "in",
        r"英寸|英吋|吋|inch(?:es)?(?![a-z])|ins(?![a-z])|''|\"|in(?![a-z])(?! (?:" + _NOT_INCHES + r")\b)",
    ),
    ("ft", r"英尺|呎|feet(?![a-z])|foot(?![a-z])|ft(?![a-z])|'(?!s)"),
    ("yd", r"码布|yards?(?![a-z])"),
    ("m", r"公尺|米(?!色|白)|met(?:er|re)s?(?![a-z])|m(?![a-z码号])"),
    ("chi", r"市尺|尺(?!码|寸)"),
    ("cun", r"市寸|寸"),
    ("jin", r"市斤|斤"),
    ("lb", r"磅|lbs?(?![a-z])|pounds?(?![a-z])"),
    ("st", r"stones?(?![a-z])|st(?![a-z])"),
    ("deg", r"度(?!假)|deg(?:ree)?s?(?![a-z])"),
    ("percent", r"%|percent|per cent"),
    ("age", r"周岁|岁|years? old|yrs? old|yo(?![a-z])"),
    ("money", r"块钱|元|块(?!面)|rmb|dollars?|usd|euros?|yuan|bucks"),
    (
        "count",
        r"件|条(?!纹)|套|款|位|名|步|圈|次|遍|下(?!摆)|只|层|颗|粒|片|steps?(?![a-z])|times?(?![a-z])|pieces?(?![a-z])",
    ),
)
_UNITS = re.compile(r" ?(?:" + "|".join(f"(?P<{n}>{p})" for n, p in _UNIT_WORDS) + ")")

_DIGITS = r"[1-9],\d{3}(?![\d,])(?:\.\d+)?|\d+(?:\.\d+)?(?:e[+-]?\d{1,4})?|\.\d+"
_NUMBER = re.compile(rf"(?:{_DIGITS})(?: \d/\d(?!\d))?")
_CHINESE = re.compile(r"[零〇一二两三四五六七八九十百千]{1,12}(?:点[零〇一二两三四五六七八九]{1,4})?")
_FEET = re.compile(
    r"(\d)(?: ?'(?!')| ?ft\.?(?![a-z])| ?feet| ?foot| ?英尺| ?呎) ?(\d{1,2}(?:\.\d+)?)?"
    r" ?(?:\"|''|inch(?:es)?|ins?(?![a-z])|英寸|吋)?"
)
_STONE = re.compile(r"(\d{1,2}) ?(?:stones?|st)(?![a-z]) ?(\d{1,2})? ?(?:lbs?|pounds?)?")
_METRES = re.compile(
    r"(?:(?P<d>\d(?:\.\d+)?)|(?P<c>[一二两]))(?:米|公尺|m(?=\d))(?:(?P<dd>\d{1,2})|(?P<cc>[零〇一二两三四五六七八九十]{1,3}))(?:厘米|公分|cm(?![a-z]))?(?![\d.])"
)
_CHI = re.compile(
    r"(?P<a>\d{1,2}(?:\.\d)?|[一二两三四五六七八九十]{1,3})尺(?!码|寸)(?:(?P<b>\d(?:\.\d)?|[一二两三四五六七八九半])(?:寸(?P<c>[一二三四五六七八九半]|\d)?)?)?"
)
_RATIO = re.compile(
    r"(?<![\d.])(\d{2,3}(?:\.\d)?) ?(?:cm|厘米)?([/\-~、x,，]| ) ?(\d{2,3}(?:\.\d)?) ?(?:cm|厘米)?"
    r"\2 ?(\d{2,3}(?:\.\d)?)(?![\d.])"
)
_HAO_XING = re.compile(r"(?<!\d)(1[3-9]\d|200) ?/ ?(\d{2,3}) ?([abcy](?![a-z]))?(?!\d|/)")
_JEANS = re.compile(
    r"w ?(\d{2})(?:\"|in)? ?[/x,]? ?l ?(\d{2})(?!\d)|(?<!\d)(\d{2})w ?[/x,]? ?(\d{2})l(?![a-z])"
)
_JEANS_ONE = re.compile(r"(?<![a-z])(?P<which>[wl]) ?(?P<n>[2-5]\d)(?:\"|in\b)?(?![\d.a-z])")
_PAIR = re.compile(r"(?<![\d.])(\d{2})(?: ?[x/] ?| by )(\d{2})(?![\d./]| ?cm)")
_HALF = re.compile(r"半(?:米(?![色白])|公尺|尺|英尺|斤|公斤)")
_DECADE = re.compile(
    r"(?:19|20)\d0'?s\b|[5-9]0'?s\b|[2-4]0'?s(?= (?:style|vibe|look|inspired|fashion))|\d{2,4}(?=年代)"
)
_AND_A = re.compile(r" and (?:an? |one )?(half|quarter|three quarters)\b(?! (?:sleeves?|circle|zip|length))")
_FRACTIONS = {"half": 0.5, "quarter": 0.25, "three quarters": 0.75}
_NOT_ONE = re.compile(r"[一两][点些下样起般直定身边面旦致]|一[会次路]|三角|[一二三四五六七八九十]分[袖裤]")
_SYSTEMS = {
    "eu": "EU",
    "欧码": "EU",
    "欧": "EU",
    "us": "US",
    "美码": "US",
    "美": "US",
    "uk": "UK",
    "英码": "UK",
    "英": "UK",
    "cn": "CN",
    "国码": "CN",
    "european": "EU",
    "american": "US",
    "british": "UK",
}
_SYSTEM = r"(?P<system>eu|us|uk|cn|european|american|british|欧码|欧|美码|美|英码|英|国码)"
_SIZE_NUMBER = re.compile(
    rf"(?<![a-z]){_SYSTEM} ?(?:size|码|尺码)? ?(?P<n>\d{{1,2}})(?![\d.]| ?cm| ?kg)(?:码)?"
)
_NUMBER_SIZE = re.compile(
    r"(?:size|尺码|码数|尺寸)[ :是为]{0,2}(?P<n>\d{1,2})(?![\d/]|\.\d| ?cm)(?: \(?(?P<system>eu|us|uk|cn)\b\)?)?(?:码)?"
)
_NUMBER_MA = re.compile(r"(?<!\d)(?P<n>\d{1,2})(?:码|号)(?!布)")
_WORDS_MA = re.compile(r"(?P<n>[二三四五]?十[一二三四五六七八九]?)(?:码|号)(?!布)")
_LETTERS = r"(?P<l>[2-5]xl|x{1,4}l|x{0,2}s|[sml])"
_SIZE_LETTER = re.compile(rf"(?<![a-z0-9']){_LETTERS}(?: ?(?:码|号|size)|(?![a-z0-9']))")
_LETTER_WORDS = {
    "中码": "M",
    "小码": "S",
    "加大码": "XL",
    "特大号": "XXL",
    "大号": "L",
    "中号": "M",
    "小号": "S",
    "加大号": "XL",
    "size small": "S",
    "size medium": "M",
    "size large": "L",
    "extra large": "XL",
    "extra small": "XS",
    "medium size": "M",
    "large size": "L",
    "small size": "S",
}
_ALONE = re.compile(r"(?:(?<![^,;.] )|(?<=^))(?<![a-z] )(?P<l>small|medium|large)(?= ?(?:$|[,.;]))")
_LETTER_WORD = re.compile("|".join(sorted(_LETTER_WORDS, key=len, reverse=True)))


@dataclass(frozen=True)
class Quantity:
    """A number in the normal text: value in the unit said, span, unit or None.

    kind: number | ratio (three girths) | pair (two numbers) | jeans (waist and inside leg, inches) | size (a label) |
    hao_xing (height / girth, perhaps with a letter) | bra (34B, which no field holds).
    """

    start: int
    end: int
    value: float
    unit: str | None = None
    kind: str = "number"
    values: tuple[float, ...] = ()
    label: str = ""
    negative: bool = False


def chinese_number(word: str) -> float | None:
    """Return the value of a Chinese numeral: 一百一 110, 三十八 38, 一六八 168, 七十六点五 76.5; None if it is none."""
    whole, _, fraction = word.partition("点")
    if fraction:
        digits = "".join(str(CHINESE_DIGITS[c]) for c in fraction)
        value = chinese_number(whole) if whole else 0.0
        return None if value is None else value + float(f"0.{digits}")
    if not any(c in _MULTIPLIERS for c in whole):
        digits = "".join(str(CHINESE_DIGITS[c]) for c in whole)
        return float(digits) if 0 < len(digits) < 7 else None
    total, digit, last = 0, 0, 1
    for c in whole:
        if c in _MULTIPLIERS:
            last = _MULTIPLIERS[c]
            total += (digit or 1) * last
            digit = 0
        else:
            digit = CHINESE_DIGITS[c]
            if c in "零〇":
                last = 10
    if digit:
        total += digit * max(1, last // 10) if last >= 10 else digit
    return float(total)


def centimetres(value: float, unit: str) -> float:
    """Convert a length to centimetres, rounded to 0.01."""
    return round(value * CM_PER[unit], 2)


def kilograms(value: float, unit: str) -> float:
    """Convert a weight to kilograms, rounded to 0.01."""
    return round(value * KG_PER[unit], 2)


def _small(word: str | None) -> float:
    if word is None:
        return 0.0
    if word == "半":
        return 5.0
    value = float(word) if word[0].isdigit() else chinese_number(word)
    return value or 0.0


def _metres(match: re.Match[str]) -> Quantity:
    metres = float(match["d"]) if match["d"] else _small(match["c"])
    rest = match["dd"] or match["cc"]
    if match["dd"]:
        centimetre = float(rest) * (10.0 if len(rest) == 1 else 1.0)
    elif rest[0] in "零〇" or "十" in rest:
        centimetre = _small(rest)
    else:
        centimetre = _small(rest) * (10.0 if len(rest) == 1 else 1.0)
    return Quantity(match.start(), match.end(), 100.0 * metres + centimetre, "cm")


def _chi(match: re.Match[str]) -> Quantity:
    chi = _small(match["a"])
    value = chi + _small(match["b"]) / 10.0 + _small(match["c"]) / 100.0
    return Quantity(match.start(), match.end(), round(value, 3), "chi")


def _feet(match: re.Match[str]) -> Quantity | None:
    feet, inches = float(match[1]), float(match[2] or 0.0)
    if match[2] is None and match[0].rstrip().endswith(('"', "''")):
        return None
    if inches >= 12.0:
        return None
    return Quantity(match.start(), match.end(), 12.0 * feet + inches, "in", label="feet")


def _stone(match: re.Match[str]) -> Quantity:
    return Quantity(match.start(), match.end(), 14.0 * float(match[1]) + float(match[2] or 0.0), "lb")


def _ratio(match: re.Match[str]) -> Quantity | None:
    values = (float(match[1]), float(match[3]), float(match[4]))
    if match[2] in ",，、" and not all(50 <= value <= 150 for value in values):
        return None
    if match[2] == " " and not (values[1] < min(values[0], values[2]) and max(values) <= 150.0):
        return None  # numbers that only stand in a row
    return Quantity(match.start(), match.end(), values[0], kind="ratio", values=values)


def _hao_xing(match: re.Match[str]) -> Quantity | None:
    height, girth, letter = float(match[1]), float(match[2]), (match[3] or "").upper()
    kind = "hao_xing" if letter else "pair"
    return Quantity(
        match.start(),
        match.end(),
        height,
        kind=kind,
        values=(height, girth),
        label=f"{match[1]}/{match[2]}{letter}",
    )


def _jeans(match: re.Match[str]) -> Quantity:
    waist, leg = float(match[1] or match[3]), float(match[2] or match[4])
    return Quantity(match.start(), match.end(), waist, "in", "jeans", (waist, leg))


def _jeans_one(match: re.Match[str]) -> Quantity:
    """Return one half of a label of jeans: W29 or L32."""
    return Quantity(match.start(), match.end(), float(match["n"]), "in", "jeans", label=match["which"])


def _pair(match: re.Match[str]) -> Quantity:
    return Quantity(
        match.start(), match.end(), float(match[1]), kind="pair", values=(float(match[1]), float(match[2]))
    )


def _size_number(match: re.Match[str]) -> Quantity:
    system = match.groupdict().get("system")
    label = f"{_SYSTEMS[system]} {match['n']}" if system else match["n"]
    return Quantity(match.start(), match.end(), float(match["n"]), kind="size", label=label)


def _size_in_words(match: re.Match[str]) -> Quantity | None:
    value = chinese_number(match["n"])
    if value is None:
        return None
    return Quantity(match.start(), match.end(), value, kind="size", label=f"{value:g}")


def _size_letter(match: re.Match[str]) -> Quantity | None:
    letters, marked = match["l"], match.end() > match.end("l")
    if len(letters) == 1 and not marked:
        return None
    label = "X" * int(letters[0]) + letters[-1].upper() if letters[0].isdigit() else letters.upper()
    return Quantity(match.start(), match.end(), 0.0, kind="size", label=label)


def _size_word(match: re.Match[str]) -> Quantity:
    return Quantity(match.start(), match.end(), 0.0, kind="size", label=_LETTER_WORDS[match[0]])


SIZE_LETTERS = "sml"

_BRA = re.compile(
    r"(?<![\d./])(?:2[68]|3[02468]|4[0246]|[6-9][05]|1[01][05])(?:[b-h]|aa|dd|ff)(?![a-z0-9])(?:杯|罩杯)?|(?<![\d./])(?:3[02468]|4[02])a(?![a-z0-9/])"
)
_SIZE_M = re.compile(
    r"(?:size|尺码|码数)[ :是为]{0,2}(?P<l>[sml]|[2-5]xl|x{1,4}l|x{0,2}s)(?![a-z0-9])(?:码)?"
)

_PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Quantity | None]], ...] = (
    (_JEANS, _jeans),
    (_JEANS_ONE, _jeans_one),
    (_RATIO, _ratio),
    (_HAO_XING, _hao_xing),
    (_METRES, _metres),
    (_CHI, _chi),
    (_FEET, _feet),
    (_STONE, _stone),
    (_SIZE_M, lambda m: Quantity(m.start(), m.end(), 0.0, kind="size", label=_label(m["l"]))),
    (_NUMBER_SIZE, _size_number),
    (_SIZE_NUMBER, _size_number),
    (_NUMBER_MA, _size_number),
    (_WORDS_MA, _size_in_words),
    (_LETTER_WORD, _size_word),
    (_ALONE, lambda m: Quantity(m.start(), m.end(), 0.0, kind="size", label=m["l"][0].upper())),
    (_SIZE_LETTER, _size_letter),
    (_PAIR, _pair),
    (
        _BRA,
        lambda m: Quantity(m.start(), m.end(), float(re.findall(r"\d+", m[0])[0]), kind="bra", label=m[0]),
    ),
)


def _label(letters: str) -> str:
    return "X" * int(letters[0]) + letters[-1].upper() if letters[0].isdigit() else letters.upper()


def quantity_at(text: str, start: int) -> Quantity | None:
    """Return the quantity that begins at a character of a normal text, with its unit, or None.

    Args:
        text: normal text.
        start: index of its first character.
    """
    for pattern, build in _PATTERNS:
        match = pattern.match(text, start)
        if match is not None:
            found = build(match)
            if found is not None:
                return _signed(text, found)
    if _DECADE.match(text, start):
        return None  # 1920s style
    if text[start] == "." and start > 0 and text[start - 1].isalpha():
        return None  # tshirt.100cm
    match = _NUMBER.match(text, start)
    if match is not None and not _inside_number(text, start):
        value, end = _digits(match[0]), match.end()
        part = _AND_A.match(text, end)
        if value is not None and part is not None:
            value, end = value + _FRACTIONS[part[1]], part.end()
        return None if value is None else _signed(text, _with_unit(text, start, end, value))
    if "a" <= text[start] <= "z":
        return _in_words(text, start)
    if text[start] == "半" and _HALF.match(text, start):
        return _with_unit(text, start, start + 1, 0.5)
    match = None if _NOT_ONE.match(text, start) else _CHINESE.match(text, start)
    if match is not None:
        chinese = chinese_number(match[0])
        return None if chinese is None else _with_unit(text, start, match.end(), chinese)
    return None


def _in_words(text: str, start: int) -> Quantity | None:
    """Return the quantity of an English number in words: "thirty four inch", "one metre sixty five"."""
    metres = metres_in_words(text, start)
    if metres is not None:
        return Quantity(start, metres[0], metres[1], "cm")
    feet = feet_in_words(text, start)
    if feet is not None:
        return Quantity(start, feet[0], feet[1], "in", label="feet")
    found = number_words(text, start)
    if found is None:
        return None
    end, value, needs_unit = found
    quantity = _with_unit(text, start, end, value)
    if needs_unit and quantity.unit in (None, "count"):
        return None
    if quantity.unit == "in" and text[end : quantity.end].strip() == "in" and needs_unit:
        return None
    return quantity


def _inside_number(text: str, start: int) -> bool:
    return start > 0 and (
        text[start - 1].isdigit() or (text[start - 1] == "." and start > 1 and text[start - 2].isdigit())
    )


def _digits(word: str) -> float | None:
    whole, _, fraction = word.replace(",", "").partition(" ")
    if len(whole) > 40:
        return float("inf")
    value = float(whole)
    if fraction:
        above, _, below = fraction.partition("/")
        value += float(above) / float(below) if below != "0" else 0.0
    return value


def _with_unit(text: str, start: int, end: int, value: float) -> Quantity:
    if text[end : end + 1] == "半" and text[end - 1 : end] in "一二两三四五六七八九十百0123456789":
        value, end = value + 0.5, end + 1
    match = _UNITS.match(text, end)
    if match is None:
        comma = re.match(r",(\d{1,2})(?=\s?(?:cm|厘米|mm|kg|公斤|m(?![a-z])))", text[end : end + 6])
        if comma is not None:
            return _with_unit(text, start, end + comma.end(), value + float(f"0.{comma[1]}"))
        return Quantity(start, end, value)
    unit = str(match.lastgroup)
    stop = match.end()
    if unit in ("cun", "jin") and text[stop : stop + 1] == "半":
        value, stop = value + 0.5, stop + 1
    return Quantity(start, stop, value, unit)


def _signed(text: str, quantity: Quantity) -> Quantity:
    before = text[quantity.start - 1 : quantity.start]
    two_before = text[quantity.start - 2 : quantity.start - 1] if quantity.start > 1 else " "
    negative = before == "负" or (before == "-" and not (two_before.isdigit() or two_before == "-"))
    if not negative:
        return quantity
    return Quantity(
        quantity.start - 1,
        quantity.end,
        -quantity.value,
        quantity.unit,
        quantity.kind,
        quantity.values,
        quantity.label,
        True,
    )
