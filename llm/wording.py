"""Canonical values in the words of the user: categories, attributes, measurements, motions, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CHINESE: Mapping[str, Mapping[str, str]] = {
    "category": {
        "dress": "连衣裙", "skirt": "半身裙", "trousers": "裤子", "shorts": "短裤", "jumpsuit": "连体裤", "t_shirt": "T恤",
        "tank_top": "背心", "shirt": "衬衫", "blouse": "女式衬衫", "sweater": "毛衣", "hoodie": "连帽卫衣", "jacket": "外套",
        "coat": "大衣", "vest": "马甲",
    },
    "silhouette": {
        "straight": "直筒", "sheath": "修身直筒", "a_line": "A字", "fit_and_flare": "收腰大摆", "circle": "全圆摆",
        "half_circle": "半圆摆", "pencil": "包臀", "mermaid": "鱼尾", "tiered": "蛋糕层叠", "pleated": "百褶", "wrap": "裹身",
        "empire": "帝政线", "skinny": "小脚", "tapered": "锥形", "wide": "阔腿", "flared": "喇叭",
    },
    "fit": {"skintight": "紧身", "slim": "修身", "regular": "合体", "loose": "宽松", "oversized": "特别宽大"},
    "length": {
        "micro": "超短", "mini": "短款（膝上）", "knee": "及膝", "midi": "中长（到小腿）", "ankle": "到脚踝", "maxi": "长款",
        "floor": "及地", "cropped": "短款", "waist": "齐腰", "hip": "盖臀",
    },
    "neckline": {
        "crew": "圆领", "v": "V领", "scoop": "U领", "square": "方领", "boat": "一字领", "halter": "挂脖", "off_shoulder": "露肩",
        "strapless": "抹胸", "sweetheart": "心形领", "shirt_collar": "衬衫领", "mandarin": "立领", "turtleneck": "高领",
        "hood": "连帽", "lapel": "翻驳领", "peter_pan": "娃娃领",
    },
    "sleeve": {
        "sleeveless": "无袖", "cap": "盖肩袖", "short": "短袖", "elbow": "到手肘的袖子", "three_quarter": "七分袖", "long": "长袖",
    },
    "sleeve_style": {
        "set_in": "装袖", "raglan": "插肩袖", "puff": "泡泡袖", "bell": "喇叭袖", "bishop": "灯笼袖", "dolman": "蝙蝠袖",
        "kimono": "和服袖",
    },
    "waistline": {"natural": "自然腰线", "empire": "胸下腰线", "drop": "低腰线", "high": "高腰", "low": "低腰"},
    "print": {"solid": "纯色", "stripes": "条纹", "check": "格子", "dots": "波点", "floral": "印花"},
    "fabric": {
        "cotton": "棉", "denim": "牛仔布", "silk": "真丝", "satin": "缎面", "chiffon": "雪纺", "linen": "亚麻", "wool": "羊毛",
        "cashmere": "羊绒", "knit": "针织", "polyester": "聚酯纤维", "velvet": "丝绒", "leather": "皮革", "lace": "蕾丝",
        "tweed": "粗花呢", "corduroy": "灯芯绒",
    },
    "closure": {
        "zip": "拉链", "front_zip": "前拉链", "back_zip": "后拉链", "side_zip": "侧拉链", "buttons": "纽扣",
        "single_breasted": "单排扣", "double_breasted": "双排扣", "drawstring": "抽绳", "elastic": "松紧腰", "lace_up": "系带",
        "pullover": "套头",
    },
    "details": {
        "belt": "腰带", "cut_out": "镂空", "turn_up": "翻边", "backless": "露背", "lace_trim": "蕾丝边", "bow": "蝴蝶结",
        "embroidery": "刺绣", "train": "拖尾", "ripped": "破洞", "darts": "省道", "lined": "里衬", "sequins": "亮片",
        "ruffles": "荷叶边", "asymmetric_hem": "不规则下摆", "beading": "钉珠", "sheer": "透视", "fringe": "流苏",
        "braces": "背带", "crease": "裤线", "raw_hem": "毛边", "shoulder_pads": "垫肩", "cinched_waist": "收腰",
        "spaghetti_straps": "细肩带", "ruching": "抽褶", "collarless": "无领",
        "patch_pockets": "贴袋", "in_seam_pockets": "侧缝袋", "chest_pocket": "胸袋", "box_pleats": "工字褶", "surplice": "交叉领",
        "cuffs": "袖克夫", "back_slit": "后开衩", "front_slit": "前开衩",
    },
    "name": {
        "stand": "站立", "walk": "走路", "catwalk": "走秀", "turn": "转圈", "sit": "坐下", "jump": "跳", "raise_arms": "举手",
        "squat": "深蹲", "reach": "伸手够高", "lunge": "弓步",
    },
    "sex": {"female": "女", "male": "男"},
    "shade": {"dark": "深", "light": "浅", "bright": "亮", "dusty": "灰调", "pastel": "粉彩"},
}  # fmt: skip
MEASURES: Mapping[str, tuple[str, str]] = {
    "length_cm": ("长", "length"), "waist_cm": ("腰围", "waist"), "bust_cm": ("胸围", "bust"),
    "underbust_cm": ("下胸围", "underbust"), "hip_cm": ("臀围", "hip"), "shoulder_cm": ("肩宽", "shoulder width"),
    "sleeve_cm": ("袖长", "sleeve length"), "inseam_cm": ("内缝长", "inside leg"), "neck_cm": ("领围", "neck"),
    "hem_cm": ("下摆围", "hem"), "height_cm": ("身高", "height"), "weight_kg": ("体重", "weight"),
    "back_length_cm": ("背长", "back length"), "arm_length_cm": ("臂长", "arm length"),
    "upper_arm_cm": ("上臂围", "upper arm"), "wrist_cm": ("腕围", "wrist"), "thigh_cm": ("大腿围", "thigh"),
    "knee_cm": ("膝围", "knee"), "calf_cm": ("小腿围", "calf"), "ankle_cm": ("踝围", "ankle"),
}  # fmt: skip
FIELDS: Mapping[str, tuple[str, str]] = {
    "category": ("款式", "the kind of garment"), "silhouette": ("廓形", "the silhouette"), "fit": ("松紧", "the fit"),
    "length": ("长短", "the length"), "neckline": ("领型", "the neckline"), "sleeve": ("袖长", "the sleeves"),
    "sleeve_style": ("袖型", "the kind of sleeve"), "waistline": ("腰线", "the waistline"), "print": ("图案", "the print"),
    "fabric": ("面料", "the fabric"), "closure": ("开合", "the closure"), "colour": ("颜色", "the colour"),
    "slit": ("开衩", "a slit"), "pockets": ("口袋", "pockets"), "size": ("尺码", "the size"), "sex": ("性别", "the sex"),
    "name": ("动作", "the motion"), "seconds": ("时长（秒）", "seconds"), "fps": ("帧率", "frames a second"),
    "count": ("视角数", "the number of views"), "azimuths_deg": ("视角（度）", "the views in degrees"),
    "print_colours": ("图案颜色", "the print's colours"), "details": ("细节", "a detail"), "layer": ("层次", "the layer"),
}  # fmt: skip
_ENGLISH = {
    "a_line": "A-line", "t_shirt": "T-shirt", "v": "V-neck", "crew": "crew neck", "scoop": "scoop neck",
    "square": "square neck", "boat": "boat neck", "halter": "halter neck", "turtleneck": "turtleneck",
    "shirt_collar": "shirt collar", "mandarin": "stand collar", "lapel": "lapels", "peter_pan": "Peter Pan collar",
    "off_shoulder": "off-the-shoulder", "fit_and_flare": "fit-and-flare", "wide": "wide-leg", "sweetheart": "sweetheart neckline",
}  # fmt: skip
_SLEEVES = {"cap": "cap sleeves", "short": "short sleeves", "elbow": "elbow sleeves", "long": "long sleeves",
            "three_quarter": "three-quarter sleeves", "sleeveless": "sleeveless"}  # fmt: skip
_LENGTHS = {"knee": "knee length", "midi": "mid-calf length", "ankle": "ankle length", "floor": "floor length",
            "waist": "waist length", "hip": "hip length", "maxi": "long", "mini": "short", "micro": "very short"}  # fmt: skip


def field_words(field: str, chinese: bool) -> str:
    """Return what a field is called: `waist_cm` -> 腰围, waist."""
    pair = MEASURES.get(field) or FIELDS.get(field) or (field, field)
    return pair[0] if chinese else pair[1]


def colour_words(name: str, chinese: bool) -> str:
    """Return a colour's name: dark red -> 深红色."""
    if not chinese:
        return name
    shade, _, base = name.partition(" ")
    prefix = CHINESE["shade"].get(shade)
    words = _colours().get(base if prefix else name, base if prefix else name)
    return (prefix or "") + words


def _colours() -> Mapping[str, str]:
    from toile.llm.lexicon import colour_names

    return colour_names()


def value_words(field: str, value: Any, chinese: bool) -> str:
    """Return a value in words: ("neckline", "v") -> V领, V-neck; numbers with their unit."""
    if isinstance(value, dict):
        return colour_words(str(value["name"]), chinese)
    if isinstance(value, bool):
        name = field_words(field, chinese).removeprefix("a ")
        return ("有" if value else "无") + name if chinese else ("with " if value else "no ") + name
    if field.endswith(("_cm", "_kg")) and isinstance(value, (int, float)):
        unit = ("公斤" if chinese else " kg") if field.endswith("_kg") else ("厘米" if chinese else " cm")
        return f"{value:g}{unit}"
    if isinstance(value, (list, tuple)):
        return ("、" if chinese else ", ").join(value_words(field, v, chinese) for v in value)
    if isinstance(value, (int, float)):
        return f"{value:g}"
    if chinese:
        return CHINESE.get(field, {}).get(str(value), str(value))
    table = {"sleeve": _SLEEVES, "length": _LENGTHS}.get(field, _ENGLISH)
    words = table.get(str(value), str(value).replace("_", " "))
    return f"{words} sleeves" if field == "sleeve_style" and "sleeve" not in words else words
