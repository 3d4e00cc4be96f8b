"""Rendering: pictures and animations of a simulation; a differentiable twin; looks and shapes recovered from pictures.

The names below load their modules, and torch or Warp with them, when they are first used.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {
    "fit_appearance": "appearance",
    "fit_shape": "appearance",
    "torch_scene": "torch_scene",
    "gbuffer": "gbuffer",
}

__all__ = ["fit_appearance", "fit_shape", "gbuffer", "torch_scene"]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f"toile.engine.render.{_HOME[name]}"), name)
    raise AttributeError(f"module 'toile.engine.render' has no attribute {name!r}")
