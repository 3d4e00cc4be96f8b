"""A garment or a wearer while a text is read: what was stated, where, and with which other readings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TOPS = frozenset({"t_shirt", "tank_top", "shirt", "blouse", "sweater", "hoodie", "jacket", "coat", "vest"})
UPPER = TOPS | {"dress", "jumpsuit"}
LOWER = frozenset(["skirt", "trousers", "shorts"])
TROUSERS = frozenset(["trousers", "shorts", "jumpsuit"])
FULL_LENGTHS = frozenset({"maxi", "ankle", "floor"})  # maxi says less than the others


VAGUE_LENGTHS = ("maxi", "cropped")
FIBRES = frozenset(["cotton", "silk", "wool", "cashmere", "linen", "polyester"])
CLOTHS = frozenset(["denim", "satin", "chiffon", "knit", "velvet", "lace", "tweed", "corduroy", "leather"])


def cloth_of(first: str, second: str) -> str | None:
    """Return the fabric that a fibre and a cloth name together: silk and satin are a satin; None if neither is."""
    for fibre, cloth in ((first, second), (second, first)):
        if fibre in FIBRES and cloth in CLOTHS:
            return fibre if cloth == "knit" and fibre in ("wool", "cashmere") else cloth
    return None


@dataclass(frozen=True)
class Stated:
    """A value, the span of the normal text that says so, its unit, and other readings of the same words."""

    value: Any
    start: int
    end: int
    unit: str | None = None
    source: str = "stated"
    alternatives: tuple[tuple[Any, str, float], ...] = ()
    after_correction: bool = False


_SHAPES = (  # silhouettes that one garment may have at once, the more exact first
    ("wrap", "pleated", "tiered", "fit_and_flare", "empire", "circle", "half_circle", "a_line", "flared"),
    ("mermaid", "pencil", "sheath"),
    ("wrap", "pencil", "sheath"),
)


def _one_shape(first: Stated, second: Stated) -> Stated | None:
    """Return the more exact of two silhouettes that do not contradict (a pleated A-line); None if they do."""
    for family in _SHAPES:
        if first.value in family and second.value in family:
            return min((first, second), key=lambda s: family.index(s.value))
    return None


BARE = frozenset(("strapless", "off_shoulder", "halter"))  # necklines that no collar goes with


_FIRMER: Mapping[frozenset[str], str] = {  # two fits that do not contradict: the stronger word
    frozenset(("loose", "oversized")): "oversized",
    frozenset(("slim", "skintight")): "skintight",
}


_SPECIFIC: Mapping[tuple[str, str], str] = {  # of two closures that do not contradict, the more exact
    pair: exact
    for vague, exacts in {
        "buttons": ("single_breasted", "double_breasted"),
        "zip": ("front_zip", "back_zip", "side_zip"),
    }.items()
    for exact in exacts
    for pair in ((vague, exact), (exact, vague))
}


def _more_exact(first: Stated, second: Stated) -> Stated | None:
    """Return the more exact of two words for one length (maxi and floor, cropped and ankle); None if they differ."""
    values = {first.value, second.value}
    if values <= FULL_LENGTHS or values in (
        {"cropped", "ankle"},
        {"cropped", "waist"},
        {"cropped", "hip"},
        {"maxi", "midi"},
    ):
        return second if first.value in VAGUE_LENGTHS else first
    return None


@dataclass(frozen=True)
class Remark:
    """A note to come: field path, kind, message in English and Chinese."""

    field: str
    kind: str
    english: str
    chinese: str
    alternatives: tuple[Any, ...] = ()


@dataclass
class GarmentDraft:
    """One garment: its category with the prior of being a dress, the token that names it, stated fields."""

    category: str
    mentions: list[
        tuple[int, int]
    ]  # each time it is named: first token of the noun phrase, token of the name
    start: int
    end: int
    dress: float | None = None
    generic: str | None = None
    fields: dict[str, Stated] = field(default_factory=dict)
    phrase_fields: set[str] = field(default_factory=set)  # those said in its own noun phrase
    details: list[Stated] = field(default_factory=list)
    colours: list[Stated] = field(default_factory=list)
    conflicts: list[tuple[str, Stated, Stated]] = field(default_factory=list)
    superseded: list[Stated] = field(default_factory=list)  # read, then corrected or said more exactly
    layer: Stated | None = None
    alternatives: tuple[tuple[Any, str, float], ...] = ()
    choices: list[str] = field(default_factory=list)  # categories offered instead: "a dress or a skirt"

    def names(self, index: int) -> bool:
        """Return whether a token stands in one of its noun phrases."""
        return any(first <= index <= last for first, last in self.mentions)

    def before(self, index: int) -> int:
        """Return the last token before this one that names it, or -1."""
        return max((last for _, last in self.mentions if last < index), default=-1)

    def set(self, name: str, stated: Stated) -> None:
        """Set a field; a later statement replaces an earlier one, and is a conflict unless it corrects it."""
        if name == "details":
            again = any(stated.value == other.value for other in self.details)
            (self.superseded if again else self.details).append(stated)
            return
        before = self.fields.get(name)
        self.superseded += [stated, before] if before is not None else [stated]
        if before is not None and name == "neckline" and before.source != stated.source:
            if (
                {before.value, stated.value} & BARE
                and before.value != stated.value
                and before.value != "hood"
            ):
                self.conflicts.append((name, before, stated))  # a strapless dress with a hood
            # a shirt's own collar gives way to the one that was asked for
            self.fields[name] = stated if before.source == "inferred" else before
            return
        if before is not None and before.source == "inferred" and stated.value is False:
            self.fields[name] = stated  # a qipao without slits
            return
        if before is not None and before.value != stated.value and not stated.after_correction:
            if name == "fabric" and before.source != stated.source:
                # a sweater is knitted unless another cloth is named
                self.fields[name] = stated if before.source == "inferred" else before
                return
            if name == "closure" and (narrow := _SPECIFIC.get((before.value, stated.value))) is not None:
                self.fields[name] = before if narrow == before.value else stated
                return
            if name == "neckline" and {before.value, stated.value} == {"strapless", "sweetheart"}:
                self.fields[name] = before if before.value == "sweetheart" else stated
                return
            if name == "fit" and (firm := _FIRMER.get(frozenset((before.value, stated.value)))) is not None:
                self.fields[name] = before if firm == before.value else stated
                return
            if name == "fabric" and (cloth := cloth_of(before.value, stated.value)) is not None:
                self.fields[name] = before if cloth == before.value else stated
                return
            if name == "silhouette" and (shape := _one_shape(before, stated)) is not None:
                self.fields[name] = shape
                return
            if name == "length" and (exact := _more_exact(before, stated)) is not None:
                self.fields[name] = exact
                return
            self.conflicts.append((name, before, stated))
        self.fields[name] = stated

    def can(self, name: str, value: Any) -> bool:
        """Return whether a field makes sense on this garment."""
        category = self.category
        if name in ("neckline", "sleeve", "sleeve_style", "bust_cm", "shoulder_cm", "sleeve_cm", "neck_cm"):
            return category in UPPER or (self.dress is not None and self.dress > 0.05)
        if name == "inseam_cm":
            return category in TROUSERS
        if name == "silhouette":
            if value in ("skinny", "tapered", "wide"):
                return category in TROUSERS
            if value in (
                "pleated",
                "circle",
                "half_circle",
                "mermaid",
                "fit_and_flare",
                "pencil",
                "tiered",
                "wrap",
                "empire",
            ):
                return category in ("dress", "skirt")
        if name == "waistline":
            return category in LOWER or category in ("dress", "jumpsuit")
        if name == "length" and value in ("knee", "floor", "ankle", "midi"):
            return category not in TOPS or category == "coat"
        return True


@dataclass
class WearerDraft:
    """The wearer: stated fields by canonical name."""

    fields: dict[str, Stated] = field(default_factory=dict)
    conflicts: list[tuple[str, Stated, Stated]] = field(default_factory=list)
    superseded: list[Stated] = field(default_factory=list)  # read, then corrected

    def set(self, name: str, stated: Stated) -> None:
        """Set a field; a later statement replaces an earlier one."""
        before = self.fields.get(name)
        self.superseded += [before] if before is not None else []
        if before is not None and before.value != stated.value and not stated.after_correction:
            self.conflicts.append((name, before, stated))
        self.fields[name] = stated


def length_word(category: str, word: str) -> str:
    """Return the canonical length for a plain word such as short or long on a kind of garment."""
    table: Mapping[str, str] = {}
    if category in TOPS - {"coat"}:
        table = {"short": "cropped", "mini": "cropped", "maxi": "hip", "midi": "hip"}
    elif category in ("trousers", "jumpsuit"):
        table = {"short": "cropped", "knee": "knee"}
    elif category == "shorts":
        table = {"short": "mini"}
    return table.get(word, "mini" if word == "short" else word)
