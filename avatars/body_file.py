"""A body model from the user's own file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toile.avatars.body_model import BodyModel
from toile.engine.core.errors import BadInput


def model_of_origin(value: Mapping[str, Any]) -> BodyModel:
    """Return the body model that an avatar's file names.

    Raises:
        BadInput: there is none of that name.
    """
    raise BadInput(f"There is no body model {value.get('body')!r}; make it again with `toile avatar`.")
