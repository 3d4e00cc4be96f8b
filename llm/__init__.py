"""Language: an instruction in Chinese or English becomes a typed request."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toile.garments.spec import TryOnRequest
    from toile.llm.settings import ReaderSettings

__all__ = ["parse"]


def parse(text: str, settings: ReaderSettings | None = None) -> TryOnRequest:
    """Return what an instruction asks for.

    Args:
        text: at most 2000 characters of Chinese, English or a mixture.
        settings: who reads it; None is our rules, advised by the embedded model, in this process (see `toile.llm.settings`).

    Raises:
        BadInput: no garment is asked for, a value is impossible, a motion is unknown, or the text is no instruction.
    """
    if settings is not None and settings.reader in ("local", "http"):
        from toile.llm.larger import parse_with

        return parse_with(text, settings)
    from toile.llm.instruction import parse as read

    if settings is not None and settings.reader == "rules":
        return read(text)
    from toile.llm.rewriting import embedded_says

    return read(text, embedded_says, advise=settings is None or settings.reader == "advised")
