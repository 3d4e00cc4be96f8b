"""A bilingual grammar of instructions: each sample is a text with, for each stretch, what it says and of which garment.

A piece is `(text, label, garment)`. Labels are `field=value` for words, `number=field` for numbers, `again` where a
garment is named anew, `other` for things that are not made, None for the rest. What is refused or taken back has no label.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from instruction_noise import disturbed
from instruction_words import FILLER_EN, FILLER_ZH, HOSTILE, NOT_REQUESTS, OTHER, is_latin, vocabulary

from toile.llm.draft import TROUSERS, UPPER

Piece = tuple[str, str | None, int]
WORDS = vocabulary()
CATEGORIES = {
    "dress": 16, "skirt": 11, "dress|skirt": 7, "trousers": 15, "shorts": 5, "jumpsuit": 4, "t_shirt": 9, "tank_top": 4,
    "shirt": 9, "blouse": 4, "sweater": 8, "hoodie": 5, "jacket": 9, "coat": 8, "vest": 4,
}  # fmt: skip
SKIRTS = {"dress", "skirt", "dress|skirt"}
LEG_SHAPES = {"skinny", "tapered", "wide"}
SKIRT_SHAPES = {
    "a_line",
    "circle",
    "half_circle",
    "mermaid",
    "fit_and_flare",
    "pencil",
    "tiered",
    "pleated",
    "wrap",
    "empire",
}
ABOVE = {"neckline", "sleeve", "sleeve_style"}
FIELDS = {
    "colour": 10, "fabric": 6, "fit": 3.5, "length": 3, "neckline": 4, "sleeve": 4, "sleeve_style": 2, "silhouette": 3.5,
    "waistline": 1.5, "print": 3, "slit": 1, "pockets": 1.2, "closure": 2, "details": 3,
}  # fmt: skip
VALUES = {name: [k for k in WORDS if k.startswith(name + "=")] for name in FIELDS}
MEASURES = {
    "length": (30, 145), "waist": (56, 110), "bust": (74, 130), "hip": (80, 125), "shoulder": (34, 52),
    "sleeve": (15, 66), "inseam": (10, 85), "neck": (33, 46), "hem": (60, 420),
}  # fmt: skip
BODY = {
    "height": (148, 195), "weight": (40, 100), "waist": (56, 105), "bust": (74, 120), "hip": (80, 120), "thigh": (45, 65),
    "arm_length": (50, 65), "shoulder": (35, 48), "neck": (31, 42), "underbust": (65, 95),
}  # fmt: skip
NOT_OF_GARMENTS = {"height", "weight", "thigh", "arm_length", "underbust"}
SIZES = ["S", "M", "L", "XL", "XXL", "XS", "3XL", "EU 38", "EU 40", "UK 10", "UK 12", "US 6", "US 8", "165/88A", "170/92A",
         "160/84A", "175/96A", "180/100B", "欧码38", "美码6", "英码12"]  # fmt: skip
DIGITS = "零一二三四五六七八九"
IMPLY = {"blouse", "shirt"}


@dataclass
class Sample:
    """A text as pieces; whether it asks for a garment."""

    pieces: list[Piece]
    request: bool = True
    used: set[str] = field(default_factory=set)

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(p[0] for p in self.pieces)


class Grammar:
    """Makes samples from one random stream."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.chinese = True
        self.mixed = 0.0

    # ------------------------------------------------------------------ words
    def say(self, meaning: str) -> str:
        """Return a phrase for a meaning, mostly in the language of the sample."""
        words = WORDS[meaning]
        other = self.random.random() < self.mixed
        chosen = words["zh" if self.chinese != other else "en"] or words["zh"] or words["en"]
        return self.random.choice(chosen)

    def coin(self, share: float) -> bool:
        """Return True with a probability."""
        return self.random.random() < share

    def pick(self, table: dict[str, float]) -> str:
        """Return a key with a probability proportional to its weight."""
        return self.random.choices(list(table), list(table.values()))[0]

    def comma(self) -> Piece:
        """Return what stands between clauses."""
        if self.chinese:
            return (
                self.random.choices(["，", " ", "、", "。", "；", ", ", ","], [60, 14, 6, 6, 2, 3, 4])[0],
                None,
                0,
            )
        return (
            self.random.choices([", ", "; ", ". ", " - ", ",", " and ", " with "], [60, 5, 8, 2, 6, 10, 9])[
                0
            ],
            None,
            0,
        )

    def space(self, left: str, right: str) -> str:
        """Return the space between two words: none beside Chinese."""
        if not left or not right or left[-1] in " (" or right[0] in " ,.;)，。、；":
            return ""
        ascii_both = left[-1].isascii() and right[0].isascii()
        return " " if ascii_both or (self.coin(0.2) and (left[-1].isascii() or right[0].isascii())) else ""

    def joined(self, parts: list[Piece]) -> list[Piece]:
        """Put spaces between Latin words."""
        result: list[Piece] = []
        for part in parts:
            if result and (gap := self.space(result[-1][0], part[0])):
                result.append((gap, None, 0))
            result.append(part)
        return result

    # ------------------------------------------------------------------ garments
    def able(self, category: str, meaning: str) -> bool:
        """Return whether an attribute makes sense on a garment."""
        name, value = meaning.split("=")
        if name in ABOVE:
            return category in UPPER or category == "dress|skirt"
        if name == "silhouette":
            if value in LEG_SHAPES:
                return category in TROUSERS
            if value in SKIRT_SHAPES:
                return category in SKIRTS
        if name == "waistline":
            return category in TROUSERS | SKIRTS
        if name == "slit":
            return category in SKIRTS
        if name == "length" and value in ("knee", "floor", "ankle", "midi", "mini"):
            return category in SKIRTS | TROUSERS | {"coat"}
        if name == "length" and value in ("hip", "waist", "cropped"):
            return category not in SKIRTS | {"shorts"}
        return True

    def attributes(self, category: str, count: int) -> list[str]:
        """Return meanings for a garment, each field once."""
        found: dict[str, str] = {}
        for _ in range(count * 3):
            name = self.pick(FIELDS)
            meaning = self.random.choice(VALUES[name])
            if name not in found and self.able(category, meaning):
                found[name] = meaning
            if len(found) == count:
                break
        return list(found.values())

    def word(self, meaning: str, owner: int) -> list[Piece]:
        """Return the piece that says an attribute; colours sometimes with a shade."""
        if meaning.startswith("colour=") and self.coin(0.2):
            shade = self.random.choice([k for k in WORDS if k.startswith("shade=")])
            return self.joined([(self.say(shade), shade, owner), (self.say(meaning), meaning, owner)])
        return [(self.say(meaning), meaning, owner)]

    def negated(self, category: str, owner: int) -> list[Piece]:
        """Return a refusal that says something: no sleeves, no pockets, not skin-tight."""
        options: list[tuple[str, str]] = [("口袋|兜|pockets|pocket", "pockets=false")]
        options.append(("图案|印花|花纹|条纹|prints|pattern|print", "print=solid"))
        if category in UPPER:
            options.append(("袖子|袖|sleeves|sleeve", "sleeve=sleeveless"))
            options.append(("领子|衣领|领|collar", "details=collarless"))
        if category in SKIRTS:
            options.append(("开叉|开衩|叉|slit|slits", "slit=false"))
        words, label = self.random.choice(options)
        word = self.random.choice([w for w in words.split("|") if is_latin(w) != self.chinese])
        return self.joined([(self.say("negation="), None, 0), (word, label, owner)])

    def refused(self, category: str) -> list[Piece]:
        """Return a refusal that leaves nothing: not red, 不要太紧."""
        meaning = self.attributes(category, 1)
        degree = self.random.choice(["太", "", "那么"] if self.chinese else ["too ", "", "a "])
        word = self.say(meaning[0]) if meaning else ("红" if self.chinese else "red")
        return self.joined(
            [(self.say("negation=") + ("" if self.chinese else " ") + degree, None, 0), (word, None, 0)]
        )

    # ------------------------------------------------------------------ numbers
    def numeral(self, value: float) -> str:
        """Return a number in digits or, in Chinese, sometimes in characters."""
        if self.chinese and self.coin(0.12) and value == int(value) and value < 200:
            whole = int(value)
            hundreds, tens, ones = whole // 100, whole // 10 % 10, whole % 10
            text = "一百" if hundreds else ""
            text += (DIGITS[tens] + "十" if tens else "零" if hundreds and ones else "") + (
                DIGITS[ones] if ones else ""
            )
            return text.replace("一十", "十") if not hundreds else text
        return f"{value:g}"

    def length(self, low: float, high: float, unit_free: float) -> str:
        """Return a length between bounds [cm] in some unit."""
        value = self.random.uniform(low, high)
        value = round(value) if self.coin(0.85) else round(2 * value) / 2
        if self.coin(unit_free):
            return self.numeral(value)
        roll = self.random.random()
        if roll < 0.78:
            zh = ["cm", "厘米", "公分", "CM", " cm"]
            return self.numeral(value) + self.random.choice(
                zh if self.chinese else ["cm", " cm", " centimetres", "cm"]
            )
        if roll < 0.9:
            inches = round(value / 2.54) + (0.5 if self.coin(0.1) else 0)
            return f"{inches:g}" + self.random.choice(
                ["寸", "英寸"] if self.chinese else ['"', " inches", " inch", " in"]
            )
        if roll < 0.95:
            return f"{value / 100:.2f}" + ("米" if self.chinese else " m")
        return f"{round(10 * value)}" + ("毫米" if self.chinese else " mm")

    def measure(self, category: str, owner: int, taken: set[str]) -> list[Piece]:
        """Return a garment's measurement with its name."""
        allowed = ["length", "waist", "hip"]
        if category in UPPER:
            allowed = ["length", "bust", "bust", "shoulder", "sleeve", "neck", "waist", "length"]
        if category in TROUSERS:
            allowed += ["inseam", "waist"]
        if category in SKIRTS:
            allowed += ["hem", "length", "waist"]
        name = self.random.choice([m for m in allowed if m not in taken] or ["length"])
        taken.add(name)
        keys = [k for k in WORDS if k.split("|")[0] == f"measure={name}" and not k.endswith("|body")]
        said = self.say(self.random.choice(keys))
        number = (self.length(*MEASURES[name], unit_free=0.4), f"number=garment.{name}_cm", owner)
        return self.measured(said, number, allow_after=name != "neck")

    def measured(self, said: str, number: Piece, *, allow_after: bool = True) -> list[Piece]:
        """Return a measurement's name and number in some order, the number sometimes corrected."""
        if self.coin(0.05):
            wrong = f"{self.random.randint(20, 120)}"
            before = ("" if is_latin(said) else said) + wrong
            start = [(said + " " if is_latin(said) else "", None, 0), (before, None, 0)]
            return [*start, self.comma(), (self.say("correction="), None, 0), (" ", None, 0), number]
        if not is_latin(said):
            approx = self.random.choice(["", "", "", "", "大概", "约", "最好"])
            link = self.random.choice(["", "", "", "是", "：", ":", " ", "为", "要", "大约", "做到"])
            tail = self.random.choice(["", "", "", "", "左右", "就行", "的"])
            if allow_after and self.coin(0.1):
                return [number, ("的" if self.coin(0.6) else "", None, 0), (said, None, 0)]
            return [(said + link + approx, None, 0), number, (tail, None, 0)]
        if allow_after and self.coin(0.3):
            return self.joined(
                [number, (self.random.choice([said, "in the " + said, "at the " + said]), None, 0)]
            )
        link = self.random.choice(["", "", " of", ":", " is", " around", " about", " should be", " ="])
        return self.joined([(said + link, None, 0), number])

    def body(self, count: int) -> list[Piece]:
        """Return the wearer's measurements."""
        names = self.random.sample(list(BODY), count)
        if "height" not in names and self.coin(0.6):
            names[0] = "height"
        parts: list[Piece] = []
        person = self.random.choice(
            ["我", "我的", "模特", "她", "客人", "本人", "身材："]
            if self.chinese
            else ["I'm", "my", "her", "the model has", "model:", "I have a", "body:"]
        )
        needs = not all(n in NOT_OF_GARMENTS for n in names) or self.coin(0.5)
        if needs and not (set(names) & {"height", "weight"} and self.coin(0.4)):
            label = "sex=female" if person in ("她", "her") else None
            parts.append((person, label, 0))
        for place, name in enumerate(sorted(names, key=lambda n: n not in ("height", "weight"))):
            if place:
                parts.append(("，" if self.chinese else ", ", None, 0) if self.coin(0.7) else ("", None, 0))
            parts += self.body_part(name)
        return self.joined(parts)

    def body_part(self, name: str) -> list[Piece]:
        """Return one measurement of the wearer."""
        low, high = BODY[name]
        value = round(self.random.uniform(low, high))
        if name == "height":
            label = "number=wearer.height_cm"
            zh = [
                f"身高{value}",
                f"身高{value}cm",
                f"{value}cm高",
                f"身高1米{value - 100}" if value < 200 else "身高两米",
                f"个子{value}",
                f"{value}",
                f"净身高{value}厘米",
            ]
            feet, inches = divmod(round(value / 2.54), 12)
            en = [
                f"{value} cm tall",
                f"height {value}",
                f"height {value} cm",
                f"{feet}'{inches}\"",
                f"{feet} ft {inches}",
                f"{value / 100:.2f} m tall",
            ]
            said = self.random.choice(zh if self.chinese else en)
            return self.split(said, label)
        if name == "weight":
            label = "number=wearer.weight_kg"
            zh = [
                f"体重{value}公斤",
                f"体重{value}kg",
                f"{2 * value}斤",
                f"体重{2 * value}斤",
                f"体重{value}",
                f"{value}公斤",
            ]
            en = [
                f"{value} kg",
                f"weight {value} kg",
                f"weigh {round(value * 2.2)} lbs",
                f"{round(value * 2.2)} pounds",
                f"weight {value}",
            ]
            return self.split(self.random.choice(zh if self.chinese else en), label)
        keys = [
            k for k in WORDS if k.split("|")[0] == f"measure={name}" and not k.endswith(("|garment", "|half"))
        ]
        number = (self.length(low, high, 0.7), f"number=wearer.{name}_cm", 0)
        return self.measured(self.say(self.random.choice(keys)), number)

    def split(self, said: str, label: str) -> list[Piece]:
        """Return a text with its number labelled: 身高165."""
        first = next(i for i, c in enumerate(said) if c.isdigit() or c in "一两")
        last = len(said)
        for tail in ("高", " tall", "tall"):
            if said.endswith(tail):
                last -= len(tail)
        return [(said[:first], None, 0), (said[first:last], label, 0), (said[last:], None, 0)]

    # ------------------------------------------------------------------ sentences
    def filler(self) -> list[Piece]:
        """Return words that ask for nothing, sometimes a thing that is not made, sometimes a garment only mentioned."""
        roll = self.random.random()
        if roll < 0.08:
            other = [w for w in OTHER.split("|") if is_latin(w) != self.chinese]
            return [(self.random.choice(other), "other", 0)]
        if roll < 0.14:
            name = self.say(
                "category=" + self.random.choice(["trousers", "skirt", "shirt", "dress", "sweater"])
            )
            templates = (
                ["能配{}的", "搭{}穿的", "可以套在{}里面", "配我的{}"]
                if self.chinese
                else ["to go with my {}", "that goes with {}", "to match my old {}", "i can wear with {}"]
            )
            return [(self.random.choice(templates).format(name), None, 0)]
        if self.coin(0.05):
            return [(self.random.choice(HOSTILE.split("|")), None, 0)]
        return [(self.random.choice((FILLER_ZH if self.chinese else FILLER_EN).split("|")), None, 0)]

    def name(self, category: str, owner: int) -> Piece:
        """Return a garment's name."""
        return (self.say(f"category={category}"), f"category={category}", owner)

    def opening(self) -> list[Piece]:
        """Return how a request begins, or nothing."""
        if self.chinese:
            zh = [
                "我想要",
                "帮我做",
                "来",
                "给我",
                "做",
                "想做",
                "设计",
                "需要",
                "麻烦做",
                "请做",
                "有没有",
                "想买",
                "定制",
                "",
                "",
                "",
                "",
                "要",
            ]
            count = self.random.choice(["一件", "一条", "件", "条", "一款", "一套", "1件", "", "", ""])
            return [(self.random.choice(zh) + count, None, 0)]
        en = [
            "I want",
            "please make me",
            "make",
            "I need",
            "looking for",
            "can you do",
            "design",
            "could I get",
            "give me",
            "show me",
            "I'd like",
            "draft",
            "",
            "",
            "",
            "gimme",
            "after",
        ]
        article = self.random.choice(["a", "a", "an", "some", "one", "a pair of", "", "the"])
        return self.joined([(self.random.choice(en), None, 0), (article, None, 0)])

    def garment(self, owner: int) -> list[Piece]:
        """Return all that is said of one garment."""
        category = self.pick({k: float(v) for k, v in CATEGORIES.items()})
        meanings = self.attributes(
            category, self.random.choices([0, 1, 2, 3, 4, 5, 6], [3, 14, 24, 26, 18, 10, 5])[0]
        )
        self.random.shuffle(meanings)
        cut = self.random.randint(0, len(meanings))
        before, after = meanings[:cut], meanings[cut:]
        parts = self.opening()
        for meaning in before:
            parts += self.word(meaning, owner)
            if self.chinese and self.coin(0.35):
                parts.append(("的", None, 0))
            elif not self.chinese and self.coin(0.12):
                parts.append((",", None, 0))
        parts.append(self.name(category, owner))
        if not self.chinese and after and self.coin(0.4):
            parts.append((self.random.choice(["with", "with a", "in", "that is", ", in"]), None, 0))
        elif after:
            parts.append(self.comma())
        clauses: list[list[Piece]] = []
        for meaning in after:
            clauses.append(self.clause(meaning, category, owner))
        taken: set[str] = set()
        for _ in range(self.random.choices([0, 1, 2, 3], [45, 25, 20, 10])[0]):
            clauses.append(self.measure(category, owner, taken))
        if self.coin(0.14):
            clauses.append(self.negated(category, owner))
        if self.coin(0.08):
            clauses.append(self.refused(category))
        if self.coin(0.3):
            clauses.append(self.filler())
        if self.coin(0.06):
            clauses.append(
                self.joined(
                    [
                        (self.say(f"category={category}"), "again", owner),
                        *self.measure(category, owner, taken),
                    ]
                )
            )
        order = clauses[len(after) :]
        self.random.shuffle(order)
        clauses = clauses[: len(after)] + order
        return self.joined(parts) + self.listed(clauses)

    def clause(self, meaning: str, category: str, owner: int) -> list[Piece]:
        """Return an attribute as a clause of its own, sometimes corrected."""
        name = meaning.split("=")[0]
        piece = self.word(meaning, owner)
        if self.coin(0.07):
            wrong = self.random.choice(VALUES[name])
            if wrong != meaning and self.able(category, wrong):
                return self.joined(
                    [(self.say(wrong), None, 0), self.comma(), (self.say("correction="), None, 0), *piece]
                )
        if self.chinese:
            before = self.random.choice(
                ["", "", "", "", "要", "最好是", "颜色" if name == "colour" else "", "带"]
            )
            after = self.random.choice(["", "", "", "的", "款", "就行", "那种"])
            return [(before, None, 0), *piece, (after, None, 0)]
        before = self.random.choice(["", "", "", "", "with", "a", "in", "it should be", "preferably"])
        return self.joined([(before, None, 0), *piece])

    def listed(self, clauses: list[list[Piece]]) -> list[Piece]:
        """Put clauses one after another."""
        parts: list[Piece] = []
        for index, clause in enumerate(clauses):
            if index:
                parts.append(self.comma())
            parts += clause
        return parts

    def stage(self) -> list[list[Piece]]:
        """Return clauses on motion, timing and cameras."""
        clauses: list[list[Piece]] = []
        if self.coin(0.75):
            motion = self.random.choice([k for k in WORDS if k.startswith("motion=")])
            cue = (
                ["让她", "让模特", "动作：", "", "", "", "然后"]
                if self.chinese
                else ["let her", "have the model", "motion:", "", "", "then", "she"]
            )
            chosen = self.random.choice(cue)
            sex = "sex=female" if chosen in ("让她", "let her", "she") else None
            clause: list[Piece] = [(chosen, sex, 0), (self.say(motion), motion, 0)]
            if self.coin(0.3):
                seconds = self.random.choice([2, 3, 4, 5, 6, 8, 10])
                clause.append(
                    (f"{seconds}秒" if self.chinese else f"for {seconds} seconds", "number=motion.seconds", 0)
                )
            if self.coin(0.15):
                rate = self.random.choice([24, 25, 30, 60])
                clause.append((f"{rate}帧" if self.chinese else f"at {rate} fps", "number=motion.fps", 0))
            clauses.append(self.joined(clause))
        if self.coin(0.5):
            clauses.append(self.views())
        return clauses

    def views(self) -> list[Piece]:
        """Return a clause on cameras: a number of them, or directions."""
        if self.coin(0.35):
            count = self.random.choice([2, 3, 4, 6, 8])
            zh, en = (
                "零一两三四五六七八"[count],
                ["", "one", "two", "three", "four", "five", "six", "seven", "eight"][count],
            )
            number = self.random.choice([str(count), zh if self.chinese else en])
            after = self.random.choice(
                ["个角度", "个视角", "个方向看"] if self.chinese else ["views", "angles", "camera angles"]
            )
            before = self.random.choice(["从", "", "要"] if self.chinese else ["from", "show", ""])
            return self.joined([(before, None, 0), (number, "number=views.count", 0), (after, None, 0)])
        if self.coin(0.2):
            angles = self.random.sample([0, 45, 90, 135, 180, 270], self.random.choice([1, 2, 3]))
            unit = "度" if self.chinese else " degrees"
            pieces: list[Piece] = [("从" if self.chinese else "from", None, 0)]
            for angle in angles:
                pieces += [
                    (f"{angle}{unit}", "number=views.azimuth", 0),
                    ("、" if self.chinese else ",", None, 0),
                ]
            return self.joined(pieces[:-1])
        chosen = self.random.sample(
            [k for k in WORDS if k.startswith("view=")], self.random.choice([1, 2, 3])
        )
        parts: list[Piece] = []
        for key in chosen:
            if parts:
                parts.append(
                    ("" if self.chinese and self.coin(0.4) else "、" if self.chinese else ",", None, 0)
                )
            parts.append((self.say(key), key, 0))
        return self.joined(parts)

    def request(self) -> list[Piece]:
        """Return a whole request."""
        count = self.random.choices([1, 2, 3], [72, 22, 6])[0]
        clauses: list[list[Piece]] = []
        if self.coin(0.16):
            clauses.append(self.body(self.random.choice([1, 2, 2, 3])))
        if self.coin(0.07):
            sex = self.random.choice(["sex=female", "sex=male"])
            clauses.append([(self.say(sex), sex, 0)])
        for owner in range(count):
            garment = self.garment(owner)
            if owner and self.coin(0.5):
                garment = self.joined([(self.say("conjunction="), None, 0), *garment])
            clauses.append(garment)
        if self.coin(0.1):
            clauses.append([(self.size(), "number=wearer.size", 0)])
        if self.coin(0.25):
            clauses += self.stage()
        if self.coin(0.18):
            clauses.insert(self.random.randint(0, len(clauses)), self.filler())
        if self.coin(0.05):
            clauses.append([(self.random.choice(HOSTILE.split("|")), None, 0)])
        return self.listed(clauses)

    def size(self) -> str:
        """Return a size label."""
        label = self.random.choice(SIZES)
        if len(label) <= 3 and self.coin(0.7):
            return label + "码" if self.chinese else "size " + label
        return label

    def no_request(self) -> list[Piece]:
        """Return a text that asks for no garment."""
        if self.coin(0.12):
            return self.listed(
                [
                    [(self.random.choice(HOSTILE.split("|")), None, 0)]
                    for _ in range(self.random.choice([1, 2]))
                ]
            )
        if self.coin(0.1):
            return self.listed([self.filler() for _ in range(self.random.choice([1, 2, 3]))])
        templates = [t for t in NOT_REQUESTS.split("|") if is_latin(t) != self.chinese]
        garments = [c for c in CATEGORIES if c != "dress|skirt"]
        fabrics = self.random.sample(VALUES["fabric"], 2)
        text = self.random.choice(templates).format(
            g=self.say("category=" + self.random.choice(garments)),
            g2=self.say("category=" + self.random.choice(garments)),
            c=self.say(self.random.choice(VALUES["colour"])),
            a=self.say(self.random.choice(VALUES["silhouette"])),
            f=self.say(fabrics[0]),
            f2=self.say(fabrics[1]),
        )
        return [(text, None, 0)]

    def sample(self) -> Sample:
        """Return one sample: mostly requests, some of them disturbed by typing errors."""
        self.chinese = self.coin(0.55)
        self.mixed = self.random.choices([0.0, 0.12, 0.4], [75, 15, 10])[0]
        request = self.coin(0.87)
        pieces = self.joined([p for p in (self.request() if request else self.no_request()) if p[0]])
        if self.coin(0.35):
            pieces = disturbed(pieces, self.random)
        return Sample(pieces, request)
