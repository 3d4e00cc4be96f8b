"""The settled drape as a torch function: vertices from fabric, pattern and body, differentiable once.

`drape_function(settled)(fabric, pattern, body)` settles the cloth again from the last settled shape and returns its vertices
(N, 3); its backward is `drape_gradient`. fabric (G, 6) follows `FABRIC_PARAMETERS`, pattern is panel_uv (T, 3, 2) [m], body (V, 3) [m].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from toile.engine.cloth.drape_gradient import (
    FABRIC_PARAMETERS,
    SettledCloth,
    drape_gradient,
    settle_statics,
)
from toile.engine.cloth.elastic import build_sheet
from toile.engine.cloth.skin_contact import make_skin
from toile.engine.cloth.system import build_system


def settle_again(
    settled: SettledCloth, fabric: Any = None, pattern: Any = None, body: Any = None
) -> SettledCloth:
    """Settle a cloth again with other parameters (arrays as above, None: as before), its ties kept.

    Raises:
        Infeasible: it did not come to rest.
    """
    cloth = settled.cloth
    if fabric is not None:
        values = np.asarray(fabric, np.float64)
        changed = []
        for own, row in zip(cloth.fabrics, values, strict=True):
            new: dict[str, Any] = dict(zip(FABRIC_PARAMETERS, map(float, row), strict=True))
            for name in ("warp", "weft"):
                large = getattr(own, f"large_{name}")
                new[f"large_{name}"] = large * new[f"stretch_{name}"] / getattr(own, f"stretch_{name}")
            changed.append(replace(own, **new))
        cloth = replace(cloth, fabrics=tuple(changed))
    if pattern is not None:
        cloth = replace(cloth, panel_uv=np.asarray(pattern, np.float64))
    statics = replace(settled.statics, sheet=build_sheet(cloth, settled.settings))
    if statics.skin is not None:
        old = statics.skin
        vertices = old.vertices if body is None else np.asarray(body, np.float64)
        skin = make_skin(build_system(cloth, fold=0.0), vertices, old.faces, settled.settings)
        statics = replace(statics, skin=skin)
        if statics.ties is not None:
            stiffness = settled.settings.body_tangential * skin.size[statics.ties.vertex]
            statics = replace(statics, ties=replace(statics.ties, stiffness=stiffness))
    return settle_statics(cloth, settled.vertices, statics, settled.settings)


class _Drape(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        settled: SettledCloth,
        fabric: torch.Tensor,
        pattern: torch.Tensor,
        body: torch.Tensor | None,
    ) -> torch.Tensor:
        ctx.settled = settle_again(
            settled,
            fabric.detach().numpy(),
            pattern.detach().numpy(),
            None if body is None else body.detach().numpy(),
        )
        return torch.tensor(ctx.settled.vertices)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
        found = drape_gradient(ctx.settled, gradients[0].numpy())
        fabric = torch.tensor(np.stack([found.fabric[name] for name in FABRIC_PARAMETERS], 1))
        body = None if found.body is None else torch.tensor(found.body)
        return None, fabric, torch.tensor(found.pattern), body


def drape_function(
    settled: SettledCloth,
) -> Callable[[torch.Tensor, torch.Tensor, torch.Tensor | None], torch.Tensor]:
    """Return the settled drape as a function of fabric, pattern and body, for torch's autograd."""

    def function(
        fabric: torch.Tensor, pattern: torch.Tensor, body: torch.Tensor | None = None
    ) -> torch.Tensor:
        return _Drape.apply(settled, fabric, pattern, body)  # type: ignore[no-untyped-call]

    return function


def parameters(settled: SettledCloth) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
    """Return the fabric (G, 6), pattern (T, 3, 2) and body (V, 3) of a settled cloth as float64 leaves."""
    rows = [[float(getattr(f, name)) for name in FABRIC_PARAMETERS] for f in settled.cloth.fabrics]
    skin = settled.statics.skin
    return (
        torch.tensor(rows, dtype=torch.float64, requires_grad=True),
        torch.tensor(settled.cloth.panel_uv.astype(np.float64), requires_grad=True),
        None if skin is None else torch.tensor(skin.vertices, requires_grad=True),
    )
