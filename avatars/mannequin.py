"""Whom a look is shown on: tones of skin, and the figure that suits a wearer.

"natural" has a painted face and hair; "plain" is the shop-window figure, one matte tone from head to foot, its hair
sculpted of the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from toile.avatars.looks import HAIR
from toile.engine.core.errors import BadInput

EYE_WHITE = "#d3c9c1"


@dataclass(frozen=True)
class Mannequin:
    """How the figure looks: colours `#rrggbb` of skin, base layer and hair, a style of hair (`looks.HAIR`), and whether its
    face is painted and its skin uneven. A body of unknown topology has its colours only."""

    skin: str = "#c5a696"
    base_layer: str = "#8b8580"
    hair: str = "crop"
    hair_colour: str = "#3f3029"
    painted: bool = True

    def __post_init__(self) -> None:
        for value in (self.skin, self.base_layer, self.hair_colour):
            if not re.fullmatch("#[0-9a-fA-F]{6}", value):
                raise BadInput(
                    f"{value!r} is not a colour; write it as six hexadecimal digits, such as #c5a696."
                )


SKINS: Mapping[str, str] = {
    "porcelain": "#dcc4b6",
    "light": "#c5a696",
    "tan": "#ad8468",
    "brown": "#805b48",
    "deep": "#553c32",
}
"""Tones of skin as they show in the studio's light."""
FIGURES = ("natural", "plain")
PLAIN = Mannequin(skin="#b9aca1", base_layer="#93887f", hair="crop", hair_colour="#a2958a", painted=False)
_HAIR_OF_SEX = {"female": "bun", "male": "crop"}
_DARK_HAIR = "#2a211d"
_GREY_HAIR = "#9b9793"
GREYING = (40.0, 75.0)
"""Years between which hair goes grey."""


def mannequin(
    sex: str = "female", *, figure: str = "natural", skin: str = "", hair: str = "", age: float | None = None
) -> Mannequin:
    """Return the figure on which a wearer's look is shown.

    Args:
        sex: "female" or "male", which chooses the hair where none is asked for.
        figure: "natural" or "plain".
        skin: one of SKINS, or a colour `#rrggbb`; the figure's own when empty.
        hair: one of `toile.avatars.looks.HAIR`; chosen when empty.
        age: years, by which hair is grey; None is a head of hair that is not.

    Raises:
        BadInput: a figure, a tone or hair that there is not.
    """
    if figure not in FIGURES:
        raise BadInput(f"There is no mannequin called {figure!r}; choose one of: {', '.join(FIGURES)}.")
    if hair and hair not in HAIR:
        raise BadInput(f"There is no hair called {hair!r}; choose one of: {', '.join(HAIR)}.")
    if skin and skin not in SKINS and not skin.startswith("#"):
        raise BadInput(
            f"There is no skin tone called {skin!r}; choose one of: {', '.join(SKINS)}, or a colour #rrggbb."
        )
    own = PLAIN if figure == "plain" else Mannequin()
    tone = SKINS.get(skin, skin or own.skin)
    hair = hair or _HAIR_OF_SEX.get(sex, own.hair)
    if figure == "plain":
        return Mannequin(tone, own.base_layer, hair, own.hair_colour if not skin else tone, painted=False)
    dark = skin in ("tan", "brown", "deep")
    colour = _DARK_HAIR if dark else own.hair_colour
    return Mannequin(tone, own.base_layer, hair, colour if age is None else _greyed(colour, age))


def _greyed(colour: str, age: float) -> str:
    """Return a colour of hair at an age."""
    part = min(max((age - GREYING[0]) / (GREYING[1] - GREYING[0]), 0.0), 1.0)

    def channels(text: str) -> tuple[int, ...]:
        return tuple(int(text[k : k + 2], 16) for k in (1, 3, 5))

    mixed = (
        round((1.0 - part) * a + part * b)
        for a, b in zip(channels(colour), channels(_GREY_HAIR), strict=True)
    )
    return "#" + "".join(f"{value:02x}" for value in mixed)
