"""What is shown: motion, seconds, frames a second, camera directions; and who wears it: sex and size."""

from __future__ import annotations

import re
from typing import get_args

from toile.engine.core.errors import BadInput
from toile.garments.spec import COUNT_BOUNDS, FPS_BOUNDS, SECONDS_BOUNDS, MotionName
from toile.llm.draft import Remark, Stated, WearerDraft
from toile.llm.grouping import Grouping
from toile.llm.quantities import Quantities
from toile.llm.scan import Scan, camera_numbers

MOTIONS = get_args(MotionName)
_MOTIONS_ZH = "站立、走路、走秀、转圈、坐下、跳、举手、深蹲、伸手、弓步"
_NAMING = ("动作", "运动", "motion", "motions", "action", "animation", "姿势", "pose")


# what only says when or what for the garment is worn: 坐下的时候, 适合走路, "when she sits", "easy to walk in"
_OCCASION_AFTER = re.compile(
    r"(?:路|来|下|起来|下来|着|动|步)*(?:的时候|之时|时(?!间|长|尚|装)|起来(?:也|都|就|还)?(?:不|会|很|要|方便|舒服|好看|飘|有|显|像)|也?不(?!动|停|要动|了)|方便|舒服|自如|利落"
    r"|会(?!儿)|比赛|(?:路|步)?穿(?:的|着)?|鞋|服)| in(?= ?(?:$|[,.;!]| and\b| all))| (?:comfortably|easily|easy|freely|shoes|boots|the dog|to work)\b"
)
_OCCASION_BEFORE = re.compile(
    r"(?:适合|方便|用来|用于|便于|平时|经常|天天|每天|爱|喜欢|不影响|不妨碍|妨碍|去|日常|如果|当)(?:我|她|他|去|要)?$"
    r"|\b(?:when|while|whenever|for|easy to|able to|good to|enough to|suitable for|good for|great for|room to|perfect for|ideal for|if|so (?:that )?(?:i|she|he) can|i can"
    r"|let me|lets me|love to|like to|love|enjoy) (?:(?:she|i|you|he|they|we|a lot of|lots of)(?:'m|'s| am| is| are)? )?$"
)


_OF_A_PART = re.compile(r" (?:(?:that|which|to|should|must|can|will|has to|shall) )?")
_AT_A_PLACE = re.compile(  # "sits just below the knee": a place, no motion
    r"(?:sits?|sitting|stands?|standing|walks?|turns?|jumps?)(?: (?:right|just|nicely|low|high|slightly|a bit|a little|about|well|comfortably|exactly|up|flat|down|somewhere))*"
    r" (?:at|on|above|below|over|under|around|by|near|past|away from|off|to|across)"
    r"(?: (?:the|my|her|his|your|their|natural|true|actual|mid|lower|upper))* (?:knees?|kneecaps?|hips?|waist|waistline|ankles?|calf|calves|thighs?|shoulders?|floor|ground|navel|belly|belly button|ribs?|bust|collarbones?|elbows?|wrists?|neck|body|chin|throat|bone)\b"
)
_LIKENED = re.compile(
    r"(?<!would )(?<!'d )\blike (?:my |the |a |your |our |those )?(?:[a-z]+ )?$|像(?:我|个|一个)?$"
)
_OF_AN_AIR = re.compile(
    r"(?: [a-z]+)? (?:joke|jokes|energy|vibes?|core|chic|style|styled|aesthetic|era|approved|feel|inspired|esque)\b"
)
_LOOKS_FROM = re.compile(
    r"(?:从|看看?|拍|展示|出|来张|照|给我?|想看|要|镜头|机位|视角)(?:一?张|一?下|个)?$|(?:from|show|see|view|shoot|camera|at|render) (?:the |her |his |me )*$"
)
_LOOKING = re.compile(r"show|view|from|看|视|图|照|拍|影")
_LOOKS = re.compile(
    r"(?:和|跟|与|、|，|,)?(?:看|拍|照|图|视角|角度|机位|方向|效果|展示|镜头|各|都要|一张)| (?:view|shot|angle|camera|picture|photo)"
)
_ON_A_SIDE = frozenset(
    (
        "closure",
        "details",
        "slit",
        "pockets",
        "print",
        "silhouette",
        "neckline",
        "sleeve",
        "sleeve_style",
        "waistline",
    )
)
_LIES_THERE = re.compile(
    r"^(?!.*(?:镜头|相机|机位|摄像|摄影|视角)).*(?:开[叉衩]|口袋|拉链|扣子|纽扣|系带|绑带|蝴蝶结|印花|图案)(?:的位置)?[^,，。;]{0,6}[,，]?(?:而是)?(?:在|放|开在|做在|放在)$"
)
_MADE_THERE = re.compile(
    r"(?:也|就|都|再|不|别|不要|要|一点|稍微)*(?:开(?!始)|绣|缝|镶|露|系|绑|印|打|收|加(?!一?张))|(?:有|带|是)(?!动作|镜头)"
)


def _turned(side: float | None, degrees: float) -> float:
    """Return the direction that a side with an angle means: 左边45度, 正面45度 are 45, 右边45度 is 315, 背面45度 135."""
    if side is None or not 0.0 < degrees < 90.0:
        return degrees
    return {270.0: 360.0 - degrees, 180.0: 180.0 - degrees}.get(side, degrees)


class Stage:
    """Motion, views, sex and size of a scanned text."""

    def __init__(self, scan: Scan, grouping: Grouping, quantities: Quantities, chinese: bool) -> None:
        self.scan = scan
        self.grouping = grouping
        self.chinese = chinese
        self.motion: dict[str, Stated] = {}
        self.views: dict[str, Stated] = {}
        self.remarks: list[Remark] = []
        self.passed: list[tuple[int, int]] = []  # what was read as a motion and is none, or says it again
        self._motion()
        self._timing()
        self._views()
        self._people(quantities)

    # ------------------------------------------------------------------ motion
    def _motion(self) -> None:
        tokens = self.scan.tokens
        for index, token in enumerate(tokens):
            if index in self.grouping.negated:
                continue
            meaning = token.meaning("motion")
            use = meaning is not None and meaning.sets["motion"] in ("walk", "jump", "stand", "sit")
            if meaning is not None and self._says_where(index):
                self.passed.append((token.start, token.end))
            elif meaning is not None and self._only_an_occasion(index):
                self._occasion(index)
            elif meaning is not None and not (use and self._describes_garment(index)):
                stated = Stated(meaning.sets["motion"], token.start, token.end)
                before = self.motion.get("name")
                self.passed.append((token.start, token.end))
                pair = {before.value, stated.value} if before is not None else set()
                if pair == {"walk", "catwalk"}:
                    self.motion["name"] = (
                        before if before is not None and before.value == "catwalk" else stated
                    )
                elif before is None or self.grouping.corrected(index):
                    self.motion["name"] = stated
                elif before.value != stated.value:
                    self._second_motion(index)
            elif meaning is not None:
                self.passed.append((token.start, token.end))
            elif token.meaning("motion_unknown") is not None and self._asked_for(index):
                raise self._unknown(self.scan.words(index))
            elif token.meaning("motion_cue") is not None:
                self._named_motion(index)

    def _only_an_occasion(self, index: int) -> bool:
        """Return whether a motion only says when the garment is worn: 坐下的时候腰会勒, "easy to walk in"."""
        token, text = self.scan.tokens[index], self.scan.normal.text
        said = not text.startswith(("a ", "an "), token.start)  # "for a spin" is one
        if said and _OCCASION_BEFORE.search(text[max(0, token.start - 24) : token.start]) is not None:
            return True
        after = _OCCASION_AFTER.match(text, token.end)
        return after is not None and not (after[0] == "会" and self.chinese and token.start == 0)

    def _says_where(self, index: int) -> bool:
        """Return whether a motion's word says where a garment ends or how a part is: "sits at my knees", "collar that stands up"."""
        tokens, text = self.scan.tokens, self.scan.normal.text
        if index in self.grouping.mentioned:
            return True
        before = tokens[index - 1] if index else None
        led = _OF_A_PART.fullmatch(self.scan.between(index - 1, index)) is not None
        part = before is not None and led and before.meaning("part", "measure") is not None
        if part and text[tokens[index].start] < "\u3000":
            return True
        if before is not None and before.meaning("sex", "person", "motion_cue", "motion") is not None:
            return False
        return _AT_A_PLACE.match(text, tokens[index].start) is not None

    def _occasion(self, index: int) -> None:
        word = self.scan.words(index)
        self.remarks.append(
            Remark(
                "motion.name",
                "assumption",
                f"{word!r} says when it is worn; no motion was chosen from it.",
                f"“{word}”说的是穿着的场合，没有当作动作。",
            )
        )

    def _describes_garment(self, index: int) -> bool:
        """Return whether a motion word only describes a garment or a wearer's use: walking shorts."""
        tokens = self.scan.tokens
        return (
            index + 1 < len(tokens)
            and tokens[index + 1].meaning("garment", "part") is not None
            and self.scan.between(index, index + 1) in ("", " ")
        )

    def _asked_for(self, index: int) -> bool:
        """Return whether a motion that is not known was really asked for: after a cue, or as a clause of its own."""
        tokens = self.scan.tokens
        if self._describes_garment(index):
            return False
        first = index
        if index and (count := tokens[index - 1].quantity) is not None and count.unit in (None, "count"):
            first = index - 1
        before = tokens[first - 1] if first else None
        after = tokens[index + 1] if index + 1 < len(tokens) else None
        if before is not None and before.meaning("motion_cue", "sex", "person", "motion") is not None:
            return self.scan.between(first - 1, first).strip(" :=是为") in ("", "to", "is", "a", "the", "an")
        alone_before = before is not None and before.separator is not None
        alone_after = after is None or after.separator is not None
        gap_before = self.scan.between(index - 1, index).strip()
        gap_after = self.scan.between(index, index + 1).strip()
        return alone_before and alone_after and len(gap_before) <= 1 and len(gap_after) <= 1

    def _named_motion(self, index: int) -> None:
        """Refuse "motion: something" when the something is no motion known here."""
        tokens, word = self.scan.tokens, self.scan.words(index).lower()
        if word not in _NAMING:
            return
        text = self.scan.normal.text
        after = text[tokens[index].end : tokens[index].end + 4].lstrip()
        if not after.startswith((":", "=", "是", "为", "is ")):
            return
        for other in range(index + 1, len(tokens)):
            if tokens[other].meaning("motion") is not None:
                return
            if tokens[other].meaning("motion_unknown") is not None:
                raise self._unknown(self.scan.words(other))
            if tokens[other].separator is not None:
                end = tokens[other].start
                break
        else:
            end = len(text)
        said = self.scan.normal.words(tokens[index].end, end).strip(" :：=是为")
        if said:
            raise self._unknown(said)

    def _unknown(self, word: str) -> BadInput:
        shown = "".join(c for c in word if c.isprintable())[:30]
        if self.chinese:
            return BadInput(f"没有“{shown}”这个动作，可选：{_MOTIONS_ZH}（{', '.join(MOTIONS)}）。")
        return BadInput(f"There is no motion {shown!r}; choose one of: {', '.join(MOTIONS)}.")

    def _second_motion(self, index: int) -> None:
        word = self.scan.words(index)
        self.remarks.append(
            Remark(
                "motion.name",
                "unsupported",
                f"Only one motion is made at a time; {word!r} was left out.",
                f"一次只做一个动作，“{word}”已忽略。",
            )
        )

    def _timing(self) -> None:
        for token in self.scan.tokens:
            quantity = token.quantity
            if quantity is None or quantity.unit not in ("s", "fps"):
                continue
            name, (low, high) = ("seconds", SECONDS_BOUNDS) if quantity.unit == "s" else ("fps", FPS_BOUNDS)
            if not low <= quantity.value <= high or (name == "fps" and quantity.value != int(quantity.value)):
                raise self._range(name, quantity.value, low, high)
            value: float | int = quantity.value if name == "seconds" else int(quantity.value)
            self.motion[name] = Stated(value, token.start, token.end, quantity.unit)

    def _range(self, name: str, value: float, low: float, high: float) -> BadInput:
        if self.chinese:
            label = "时长（秒）" if name == "seconds" else "帧率" if name == "fps" else "视角数量"
            return BadInput(f"{label}{value:g}不可用，请给出{low:g}到{high:g}之间的数值。")
        label = {"seconds": "A duration", "fps": "A frame rate"}.get(name, "A number of views")
        return BadInput(f"{label} of {value:g} cannot be used; give a value between {low:g} and {high:g}.")

    # ------------------------------------------------------------------ views
    def _views(self) -> None:
        tokens = self.scan.tokens
        found: list[tuple[float, int]] = []
        listed = set(camera_numbers(self.scan))
        for index, token in enumerate(tokens):
            if index in self.grouping.negated:
                continue
            meaning = token.meaning("view")
            if meaning is not None and not self._of_garment(index):
                found.append((float(meaning.sets["azimuth"]), index))
            elif (
                (bare := token.meaning("view_bare")) is not None
                and self._in_a_row(index)
                and not self._moves(index)
            ):
                found.append((float(bare.sets["azimuth"]), index))
            elif token.quantity is not None and index in listed:
                found += [(value, index) for value in token.quantity.values or (token.quantity.value,)]
            elif token.quantity is not None and token.quantity.unit == "deg" and self._camera_angle(index):
                beside = (
                    found[-1][1] == index - 1 and len(self.scan.between(index - 1, index)) <= 1
                    if found
                    else False
                )
                side = found.pop()[0] if beside and tokens[index - 1].quantity is None else None
                found.append((_turned(side, token.quantity.value), index))
            self._count(index)
        if found:
            azimuths = tuple(dict.fromkeys(a for a, _ in found))
            if any(not -360.0 <= a <= 360.0 for a in azimuths):
                wrong = next(a for a in azimuths if not -360.0 <= a <= 360.0)
                raise BadInput(
                    f"视角{wrong:g}度不可用，请给出-360到360之间的角度。"
                    if self.chinese
                    else f"A view from {wrong:g} degrees cannot be used; give an angle between -360 and 360."
                )
            start, end = tokens[found[0][1]].start, tokens[found[-1][1]].end
            self.views["azimuths_deg"] = Stated(azimuths, start, end, "deg")
            if "count" not in self.views:
                self.views["count"] = Stated(len(azimuths), start, end, source="inferred")

    def _of_garment(self, index: int) -> bool:
        """Return whether a side is the garment's, not the camera's: 背面有拉链, 侧面开叉."""
        tokens, text = self.scan.tokens, self.scan.normal.text
        token = tokens[index]
        if _LOOKING.search(text[token.start : token.end]):
            return False
        if _LOOKS_FROM.search(text[max(0, token.start - 10) : token.start]) or _LOOKS.match(text, token.end):
            return False
        if _LIES_THERE.search(text[max(0, token.start - 14) : token.start]):
            return True  # 口袋在侧面
        if _MADE_THERE.match(text, token.end):
            return True  # 侧面开
        for other in range(index + 1, len(tokens)):
            if tokens[other].separator is not None or tokens[other].meaning("view", "view_word", "motion"):
                return False
            detail, part = tokens[other].meaning("attribute"), tokens[other].meaning("part")
            if part is not None or (detail is not None and _ON_A_SIDE & set(detail.sets)):
                return True  # 前面从上到下一排扣子
        return False

    def _in_a_row(self, index: int) -> bool:
        """Return whether front, side, back stand beside other directions or before "view"."""
        tokens = self.scan.tokens
        alone = all(
            not 0 <= other < len(tokens) or tokens[other].separator is not None
            for other in (index - 1, index + 1)
        )
        if alone and index and self._only_word(index):
            return True
        kinds = ("view", "view_bare", "view_word")
        for step in (1, -1):
            other = index + step
            while 0 <= other < len(tokens) and (
                tokens[other].separator == "soft" or tokens[other].meaning("conjunction") is not None
            ):
                other += step
            if 0 <= other < len(tokens) and tokens[other].meaning(*kinds) is not None:
                pair = (other, index) if step < 0 else (index, other)
                if all(len(self.scan.between(i, i + 1)) <= 5 for i in range(*pair)):
                    return True
        return False

    def _moves(self, index: int) -> bool:
        """Return whether sides only say where a motion goes: "lunge left and right"."""
        tokens, before = self.scan.tokens, index - 1
        while before >= 0 and tokens[before].meaning("view_bare", "conjunction", "to") is not None:
            before -= 1
        return before >= 0 and tokens[before].meaning("motion") is not None

    def _only_word(self, index: int) -> bool:
        """Return whether nothing else stands between the separators around a word."""
        around = self.scan.between(index - 1, index) + self.scan.between(index, index + 1)
        return around.strip(" .。!看图") == ""

    def _camera_angle(self, index: int) -> bool:
        tokens = self.scan.tokens
        previous = tokens[index - 1] if index else None
        return not (previous is not None and previous.meaning("motion") is not None)

    def _count(self, index: int) -> None:
        """Read "three angles", 三个角度, 3 views; and "all around"."""
        tokens = self.scan.tokens
        token = tokens[index]
        everywhere = token.meaning("view_all")
        if everywhere is not None:
            self.views.setdefault(
                "count", Stated(everywhere.sets["count"], token.start, token.end, source="inferred")
            )
            return
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        if following is None or following.meaning("view_word") is None:
            return
        if self.scan.between(index, index + 1).strip() not in (
            "",
            "个",
            "camera",
            "different",
            "种",
            "台",
            "不同",
        ):
            return
        word = token.meaning("count")
        value = (
            token.quantity.value
            if token.quantity is not None and token.quantity.unit in (None, "count")
            else None
        )
        if word is not None:
            value = float(word.sets["value"])
        if value is None or (token.quantity is not None and token.quantity.kind != "number"):
            return
        low, high = COUNT_BOUNDS
        if not low <= value <= high or value != int(value):
            raise self._range("count", value, low, high)
        self.views["count"] = Stated(int(value), token.start, following.end)

    # ------------------------------------------------------------------ people
    def _people(self, quantities: Quantities) -> None:
        wearer = quantities.wearer
        for index, token in enumerate(self.scan.tokens):
            sex = token.meaning("sex")
            if index in self.grouping.mentioned:
                continue
            if sex is None and token.meaning("garment") is not None and index not in self.grouping.negated:
                self._sex_in_a_name(index, wearer)
            if sex is not None and index not in self.grouping.negated and not self._names_a_cut(index):
                stated = Stated(sex.sets["sex"], token.start, token.end)
                if "sex" not in wearer.fields or self.grouping.corrected(index):
                    wearer.set("sex", stated)
            elif token.meaning("motion_cue", "request") is not None and "sex" not in wearer.fields:
                words = self.scan.normal.text[token.start : token.end]
                if "她" in words or "her" in words.split():
                    wearer.set("sex", Stated("female", token.start, token.end))
                elif "他" in words or "him" in words.split():
                    wearer.set("sex", Stated("male", token.start, token.end))
            if index in quantities.sizes_again:
                self._size_again(index, quantities)
            elif token.quantity is not None and index not in quantities.used:
                self._size(index, quantities)

    def _sex_in_a_name(self, index: int, wearer: WearerDraft) -> None:
        """Take the wearer's sex from a garment's name that begins with it: 女衬衫, 男西裤."""
        token = self.scan.tokens[index]
        said = {"女": "female", "男": "male"}.get(self.scan.normal.text[token.start])
        if said is not None and "sex" not in wearer.fields:
            wearer.set("sex", Stated(said, token.start, token.start + 1))

    def _names_a_cut(self, index: int) -> bool:
        """Return whether a person only names a cut: boyfriend shirt, mom jeans."""
        tokens = self.scan.tokens
        if self.scan.normal.text[tokens[index].end : tokens[index].end + 1] in tuple("辈风味感系主神团王仆"):
            return True  # 奶奶辈的碎花
        text, start = self.scan.normal.text, tokens[index].start
        if _LIKENED.search(text[max(0, start - 14) : start]):
            return True  # "a coat like my grandmother had"
        if _OF_AN_AIR.match(self.scan.normal.text, tokens[index].end):
            return True  # "dad joke energy", "grandpa chic"
        return (
            self.scan.words(index).lower() in ("boyfriend", "girlfriend", "mom", "mum", "dad")
            and index + 1 < len(tokens)
            and tokens[index + 1].meaning("garment", "attribute") is not None
            and self.scan.between(index, index + 1) == " "
        )

    def _size_again(self, index: int, quantities: Quantities) -> None:
        """Take a bare number as the size that corrects the one before it, of the same system: "size 10, actually 12"."""
        said, token = quantities.wearer.fields.get("size"), self.scan.tokens[index]
        if said is None or token.quantity is None:
            return
        system = str(said.value).rsplit(" ", 1)[0] + " " if " " in str(said.value) else ""
        label = f"{system}{token.quantity.value:g}"
        quantities.wearer.set("size", Stated(label, token.start, token.end, after_correction=True))

    def _size(self, index: int, quantities: Quantities) -> None:
        token = self.scan.tokens[index]
        quantity = token.quantity
        if quantity is None or quantity.kind not in ("size", "hao_xing", "pair"):
            return
        label = quantity.label or "/".join(f"{v:g}" for v in quantity.values)
        if quantity.kind == "size" and label.isdigit():
            system = "EU" if self.chinese or int(label) >= 32 else "US"
            self.remarks.append(
                Remark(
                    "wearer.size",
                    "ambiguity",
                    f"Size {label} names no system; read as {system} {label}.",
                    f"尺码{label}没有说明体系，按{system} {label}理解。",
                )
            )
            label = f"{system} {label}"
        elif quantity.kind == "pair" and not quantity.label:
            return
        quantities.wearer.set(
            "size", Stated(label, token.start, token.end, after_correction=self.grouping.corrected(index))
        )
