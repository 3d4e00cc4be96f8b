"""Who reads a text: our rules advised by the embedded model, both together, the rules alone, a model in a folder, a server.

Nothing leaves the process unless a server is named by an argument or by the environment (`TOILE_READER=http`, `TOILE_URL`,
`TOILE_MODEL`, `TOILE_KEY`, `TOILE_SEND_MEASUREMENTS=1`); the request then says so in a note.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal, cast, get_args

from toile.engine.core.errors import BadInput

ReaderName = Literal["advised", "embedded", "rules", "local", "http"]


@dataclass(frozen=True)
class ReaderSettings:
    """How texts are read.

    reader: `advised` (the rules; what only the embedded model understands is suggested in a note), `embedded` (what only
    the model understands is taken, as inferred), `rules` (no model), `local`, `http`.
    model: with `local` the folder of a transformers causal model, with `http` the model's name there; url: the server's
    address up to /v1; key: its bearer token; seconds: the whole time it may take; send_measurements: also send the
    wearer's measurements, which are blanked out otherwise; new_tokens: how many a local model may write.
    """

    reader: ReaderName = "advised"
    model: str | None = None
    url: str | None = None
    key: str | None = None
    seconds: float = 60.0
    send_measurements: bool = False
    new_tokens: int = 900


def settings_from(
    *,
    reader: str | None = None,
    model: str | None = None,
    url: str | None = None,
    send_measurements: bool = False,
) -> ReaderSettings:
    """Return settings from arguments, and from the environment where they are None.

    Raises:
        BadInput: an unknown reader, or one without the model or address that it needs.
    """
    name = reader or os.environ.get("TOILE_READER") or "advised"
    if name not in get_args(ReaderName):
        raise BadInput(f"There is no reader {name[:40]!r}; choose one of {', '.join(get_args(ReaderName))}.")
    settings = ReaderSettings(
        cast(ReaderName, name),
        model or os.environ.get("TOILE_MODEL"),
        url or os.environ.get("TOILE_URL"),
        os.environ.get("TOILE_KEY"),
        send_measurements=send_measurements or os.environ.get("TOILE_SEND_MEASUREMENTS") == "1",
    )
    if name == "local" and not settings.model:
        raise BadInput("The local reader needs a model's folder; give it with --model FOLDER or TOILE_MODEL.")
    if name == "http" and not (settings.url and settings.model):
        raise BadInput(
            "The http reader needs an address and a model; give --url http://…/v1 and --model NAME."
        )
    return settings
