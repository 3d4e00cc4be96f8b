"""toile: from a sentence to a dressed, moving avatar, in real centimetres.

`import toile` loads nothing heavy: the names below are looked up when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import extend_path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from toile.engine.core.errors import ToileError
    from toile.garments.spec import TryOnRequest
    from toile.llm import parse
    from toile.studio import Look, StudioSettings, try_on

__version__ = "0.1.0"

# Run inside a checkout, Python finds this folder before the installed package; its siblings are found there.
__path__ = extend_path(__path__, __name__)

_HOME = {
    "Look": "toile.studio",
    "StudioSettings": "toile.studio",
    "ToileError": "toile.engine.core.errors",
    "TryOnRequest": "toile.garments.spec",
    "parse": "toile.llm",
    "try_on": "toile.studio",
}

__all__ = ["Look", "StudioSettings", "ToileError", "TryOnRequest", "__version__", "parse", "try_on"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'toile' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
