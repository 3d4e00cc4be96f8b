"""Language: an instruction in Chinese or English becomes a typed request."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toile.garments.spec import TryOnRequest

__all__ = ["parse"]


def parse(text: str) -> TryOnRequest:
    """Return what an instruction asks for; see `toile.llm.instruction.parse`.

    Raises:
        BadInput: no garment is asked for, a value is impossible, a motion is unknown, or the text is no instruction.
    """
    from toile.llm.instruction import parse as read

    return read(text)
