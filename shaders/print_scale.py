"""How large prints are unless somebody says so: the repeat of each [cm], for every drawing of them."""

from __future__ import annotations

from collections.abc import Mapping

PRINT_REPEAT_CM: Mapping[str, float] = {
    "solid": 1.0,
    "stripes": 3.0,
    "check": 3.0,
    "dots": 3.0,
    "floral": 7.0,
}
"""Stripes and checks: one light and one dark band; dots: from row to second row; flowers: the cell of one flower."""


def print_repeat_cm(kind: str, asked: float | None) -> float:
    """Return the repeat [cm] of a print: what was asked, else its own."""
    return asked if asked else PRINT_REPEAT_CM[kind]
