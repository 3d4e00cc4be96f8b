"""Strain, stress and contact pressure of a simulation, from its positions alone.

Strain (weft, warp, shear) is (|f_u| - 1, |f_v| - 1, f_u . f_v) of the deformation gradient from the flat panel; stress [N/m] is
what the fabric's law (`energy.py`) answers: tension along weft and warp, and shear. Contact pressure [Pa] is the penalty law of
`kernels.body_contact` at each vertex's distance from the body, over the vertex's area: between 0.8 and 1.4 mm from the skin.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from toile.engine.cloth.elastic import stretch_law
from toile.engine.cloth.energy import deformation, rest_shape
from toile.engine.cloth.settings import ClothSettings
from toile.engine.core.intersect import signed_distance
from toile.engine.core.simulation import Simulation
from toile.garments.fabric import Fabric

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]


def strain_field(simulation: Simulation, frame: int) -> F32:
    """Return strain along weft and warp, and shear (sine of the angle lost, times the stretches), (T, 3)."""
    inverse, _ = rest_shape(simulation.cloth_panel_uv)
    return _strain(simulation.cloth_vertices[frame], simulation, inverse)


def stress_field(
    simulation: Simulation,
    frame: int,
    fabrics: Sequence[Fabric],
    stiffness: NDArray[np.floating] | None = None,
    settings: ClothSettings | None = None,
) -> F32:
    """Return tension along weft and warp, and shear [N/m], (T, 3).

    Args:
        simulation: body and garments over time.
        frame: which frame.
        fabrics: of each garment, in the simulation's order.
        stiffness: factor on each triangle (T,), as in `ClothMesh` (facings); None: one.
        settings: those it was simulated with.
    """
    give = (settings or ClothSettings()).give
    e = strain_field(simulation, frame).astype(np.float64)
    per = {
        name: np.array([getattr(f, name) for f in fabrics])[simulation.garment_of_face]
        for name in (
            "stretch_weft", "stretch_warp", "shear", "limit_weft", "limit_warp", "lock_weft", "lock_warp",
        )
    }  # fmt: skip
    factor = np.ones(len(e)) if stiffness is None else np.asarray(stiffness, np.float64)
    stress = np.empty_like(e)
    for k, name in enumerate(("weft", "warp")):
        k_small = per[f"stretch_{name}"] * factor
        _, stress[:, k], _ = stretch_law(e[:, k], k_small, per[f"limit_{name}"], per[f"lock_{name}"], give)
    stress[:, 2] = per["shear"] * factor * e[:, 2]
    return stress.astype(np.float32)


def contact_pressure(simulation: Simulation, frame: int, settings: ClothSettings | None = None) -> F32:
    """Return the pressure [Pa] of each cloth vertex on the body, (N,); 0 where it does not touch.

    The stored body is the skin as it yielded; where flesh was pressed in the pressure reads a little low.
    """
    s = settings or ClothSettings()
    distance, _, _ = signed_distance(
        simulation.cloth_vertices[frame], simulation.body_vertices[frame], simulation.body_faces, reach=0.02
    )
    depth = np.clip(s.body_gap - distance, 0.0, s.body_gap)
    d = np.minimum(depth, s.body_ramp)
    force = s.body_soft * depth + (s.body_stiffness - s.body_soft) * (0.5 * d * d / s.body_ramp + depth - d)
    return (1e4 * force).astype(np.float32)


def fields(
    simulation: Simulation, fabrics: Sequence[Fabric], settings: ClothSettings | None = None
) -> dict[str, F32]:
    """Return every frame's strain (F, T, 3), stress (F, T, 3) [N/m] and contact pressure (F, N) [Pa]."""
    frames = range(len(simulation.cloth_vertices))
    return {
        "strain": np.stack([strain_field(simulation, k) for k in frames]),
        "stress": np.stack([stress_field(simulation, k, fabrics, settings=settings) for k in frames]),
        "contact_pressure": np.stack([contact_pressure(simulation, k, settings) for k in frames]),
    }


def _strain(x: NDArray[np.floating], simulation: Simulation, inverse: F64) -> F32:
    f = deformation(x, simulation.cloth_faces, inverse)
    length = np.linalg.norm(f, axis=1)
    shear = np.einsum("ti,ti->t", f[:, :, 0], f[:, :, 1])
    return np.column_stack([length - 1.0, shear]).astype(np.float32)
