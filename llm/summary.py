"""A request back in words: what was understood, in the user's language, so that a shopper sees it before it is made.

summarise(parse("一件蓝色长裙，腰围38，长度110cm"))
# 蓝色连衣裙，长款，长110厘米，腰围76厘米。
"""

from __future__ import annotations

from typing import Any

from toile.garments.spec import GARMENT_BOUNDS, WEARER_BOUNDS, TryOnRequest
from toile.llm.wording import colour_words, field_words, value_words

_BEFORE = ("fabric", "fit", "print", "silhouette")
_AFTER = ("length", "waistline", "neckline", "sleeve", "sleeve_style", "closure", "slit", "pockets")


def summarise(request: TryOnRequest) -> str:
    """Return one sentence a garment, and one each on wearer, motion and views where something was said of them."""
    chinese = request.language == "zh"
    document = request.to_dict()
    sentences = [_garment(garment, chinese) for garment in document["garments"]]
    sentences += [_wearer(document["wearer"], chinese), _motion(document["motion"], chinese)]
    sentences.append(_views(document["views"], chinese))
    end, gap = ("。", "") if chinese else (".", " ")
    return gap.join(sentence + end for sentence in sentences if sentence)


def _garment(garment: dict[str, Any], chinese: bool) -> str:
    words = [colour_words(garment["colour"]["name"], chinese)] if garment["colour"] else []
    words += [value_words(name, garment[name], chinese) for name in _BEFORE if garment[name]]
    name = value_words("category", garment["category"], chinese)
    if chinese:
        head = "".join(words) + name
    else:
        article = "" if garment["category"] in ("trousers", "shorts") else "a "
        head = " ".join([*words, name])
        if article and head[:1].lower() in "aeiou":
            article = "an "
        head = (article + head)[:1].upper() + (article + head)[1:]
    rest = [
        value_words(name, garment[name], chinese)
        for name in _AFTER
        if garment[name] not in (None, "")
        and not (name == "sleeve_style" and garment["sleeve"] == "sleeveless")
    ]
    rest += [value_words("details", detail, chinese) for detail in garment["details"]]
    rest += _numbers(garment, tuple(GARMENT_BOUNDS), chinese)
    return ("，" if chinese else ", ").join([head, *rest])


def _numbers(values: dict[str, Any], names: tuple[str, ...], chinese: bool) -> list[str]:
    gap = "" if chinese else " "
    return [
        f"{field_words(name, chinese)}{gap}{value_words(name, values[name], chinese)}"
        for name in names
        if values[name] is not None
    ]


def _wearer(wearer: dict[str, Any], chinese: bool) -> str:
    said = []
    if wearer["sex"]:
        said.append(value_words("sex", wearer["sex"], chinese))
    if wearer["size"]:
        said.append(("尺码" if chinese else "size ") + wearer["size"])
    said += _numbers(wearer, tuple(WEARER_BOUNDS), chinese)
    if not said:
        return ""
    return ("穿着者：" if chinese else "Wearer: ") + ("，" if chinese else ", ").join(said)


def _motion(motion: dict[str, Any], chinese: bool) -> str:
    said = [value_words("name", motion["name"], chinese)] if motion["name"] else []
    if motion["seconds"]:
        said.append(f"{motion['seconds']:g}秒" if chinese else f"{motion['seconds']:g} s")
    if motion["fps"]:
        said.append(f"每秒{motion['fps']:g}帧" if chinese else f"{motion['fps']:g} frames a second")
    if not said:
        return ""
    return ("动作：" if chinese else "Motion: ") + ("，" if chinese else ", ").join(said)


def _views(views: dict[str, Any], chinese: bool) -> str:
    angles = views["azimuths_deg"]
    if angles:
        listed = ("、" if chinese else ", ").join(f"{a:g}°" for a in angles)
        return ("视角：" if chinese else "Seen from ") + listed
    if views["count"]:
        return f"{views['count']}个视角" if chinese else f"{views['count']} views"
    return ""
