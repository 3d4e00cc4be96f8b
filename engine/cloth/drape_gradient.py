"""Gradients of the settled drape with respect to fabric, pattern and body, by implicit differentiation.

At equilibrium g(x, p) = dE/dx = 0 on the free coordinates, so dx/dp = -H^-1 dg/dp with the exact tangent H, and a loss L(x) has
    dL/dp = -lambda . dg/dp,   H lambda = dL/dx   (one solve, whatever the number of parameters).
dg/dp comes from a torch twin of the energy, differentiated twice; H from `equilibrium.py`. What is differentiated is the
settled shape of `settle_cloth`: contacts press as there, each with the skin feature that is nearest at the end; vertices that
stick stay tied to their skin points and move with them (friction at its cone is not differentiated: a sliding vertex counts as
sticking where it came to rest); cloth does not touch cloth. Docs: docs/gradients.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from toile.engine.cloth.elastic import build_sheet
from toile.engine.cloth.equilibrium import (
    Equilibrium,
    Statics,
    factor,
    free_coordinates,
    settle,
    total_hessian,
    touching,
)
from toile.engine.cloth.settings import ClothSettings
from toile.engine.cloth.skin_contact import Touch, find_touch, make_skin, tie
from toile.engine.cloth.system import build_system
from toile.engine.core.errors import Infeasible
from toile.garments.cloth_mesh import ClothMesh

if TYPE_CHECKING:
    import torch

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

_STALLED = 1e-3
"""Of a vertex's weight: what may be left where cloth lies in a concave edge of the skin, whose distance has a kink."""

FABRIC_PARAMETERS = ("area_density", "stretch_warp", "stretch_weft", "shear", "bend_warp", "bend_weft")


@dataclass(frozen=True)
class SettledCloth:
    """A cloth at rest and everything that holds it there: the mesh, the statics, the equilibrium, the contacts."""

    cloth: ClothMesh
    statics: Statics
    equilibrium: Equilibrium
    touch: Touch | None
    settings: ClothSettings

    @property
    def vertices(self) -> F64:
        """The settled vertices [m], (N, 3)."""
        return self.equilibrium.vertices


@dataclass(frozen=True)
class DrapeGradient:
    """dL/d: each fabric parameter of each garment (G,), panel_uv (T, 3, 2), body vertices (V, 3), None without a body."""

    fabric: Mapping[str, F64]
    pattern: F64
    body: F64 | None


def settle_cloth(
    cloth: ClothMesh,
    start: NDArray[np.floating] | None = None,
    body: NDArray[np.floating] | None = None,
    body_faces: NDArray[np.integer] | None = None,
    *,
    held: NDArray[np.integer] | None = None,
    sticking: bool = True,
    settings: ClothSettings | None = None,
    tolerance: float = 1e-10,
    max_steps: int = 600,
) -> SettledCloth:
    """Settle a cloth to its equilibrium on a body at rest, in float64.

    Args:
        cloth: the mesh; its vertices are the start where none is given.
        start: vertices [m] (N, 3), a drape from `simulate.drape` for one.
        body: vertices [m] (V, 3) of a closed body, its faces (S, 3) counter-clockwise from outside.
        held: vertices that do not move.
        sticking: tie the vertices that touch at the start to the skin below them (friction); False: no friction.
        tolerance: greatest force [N] left on a vertex.

    Raises:
        Infeasible: no equilibrium was found in `max_steps`.
    """
    settings = settings or ClothSettings()
    x = np.asarray(cloth.vertices if start is None else start, np.float64)
    system = build_system(cloth, fold=0.0)
    statics = Statics(
        build_sheet(cloth, settings),
        held=np.zeros(0, np.int64) if held is None else np.asarray(held, np.int64),
    )
    if body is not None and body_faces is not None:
        skin = make_skin(system, np.asarray(body, np.float64), np.asarray(body_faces, np.int64), settings)
        statics = replace(statics, skin=skin)
        if sticking:
            ties = tie(
                x, skin, find_touch(x, skin), settings.body_tangential, system.friction.astype(np.float64)
            )
            statics = replace(statics, ties=ties)
    return settle_statics(cloth, x, statics, settings, tolerance, max_steps)


def settle_statics(
    cloth: ClothMesh,
    x: F64,
    statics: Statics,
    settings: ClothSettings,
    tolerance: float = 1e-10,
    max_steps: int = 600,
) -> SettledCloth:
    """Settle with the statics as given: the same ties for another fabric, pattern or body."""
    found = settle(x, statics, tolerance=tolerance, max_steps=max_steps)
    if found.force > max(tolerance, _STALLED * float(statics.sheet.weight.mean())):
        raise Infeasible(
            f"The cloth did not come to rest in {found.steps} steps ({found.force:.2g} N are left on a vertex); "
            "start from a drape that has settled, or hold or support the cloth."
        )
    return SettledCloth(cloth, statics, found, touching(found.vertices, statics), settings)


def drape_gradient(settled: SettledCloth, loss_gradient: NDArray[np.floating]) -> DrapeGradient:
    """Return the gradient of a loss of the settled drape.

    Args:
        settled: from `settle_cloth`.
        loss_gradient: dL/dx (N, 3) at the settled vertices.

    The large-strain stiffness is taken to scale with the small-strain one, thickness and friction do not act.
    """
    import torch

    x, statics = settled.vertices, settled.statics
    free = free_coordinates(len(x), statics.held)
    tangent = total_hessian(x, statics, settled.touch)[free][:, free].tocsc()
    adjoint = np.zeros(3 * len(x))
    adjoint[free] = factor(tangent).solve(np.asarray(loss_gradient, np.float64).ravel()[free])
    with torch.enable_grad():  # also inside another function's backward
        twin = _Twin.of(settled)
        at = torch.tensor(x, requires_grad=True)
        (force,) = torch.autograd.grad(_energy(twin, settled, at), at, create_graph=True)
        work = (torch.tensor(adjoint).reshape(-1, 3) * force).sum()
        names = [*twin.fabric, "pattern", *(["body"] if twin.body is not None else [])]
        inputs = [*twin.fabric.values(), twin.pattern, *([twin.body] if twin.body is not None else [])]
        found = torch.autograd.grad(work, inputs, allow_unused=True)
    value = {
        name: np.zeros(tuple(given.shape)) if grad is None else -grad.detach().numpy()
        for name, given, grad in zip(names, inputs, found, strict=True)
    }
    return DrapeGradient(
        fabric={name: value[name] for name in FABRIC_PARAMETERS},
        pattern=value["pattern"],
        body=value.get("body"),
    )


def pattern_vertex_gradient(gradient: DrapeGradient, corner_vertex: NDArray[np.integer], count: int) -> F64:
    """Sum a pattern gradient over the corners that are one pattern vertex: corner_vertex (T, 3) -> (count, 2)."""
    total = np.zeros((count, 2))
    np.add.at(total, np.asarray(corner_vertex), gradient.pattern)
    return total


@dataclass(frozen=True)
class _Twin:
    """The parameters as torch leaves: fabric name -> (G,), pattern (T, 3, 2), body (V, 3)."""

    fabric: Mapping[str, torch.Tensor]
    pattern: torch.Tensor
    body: torch.Tensor | None
    constants: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, settled: SettledCloth) -> _Twin:
        import torch

        cloth, skin = settled.cloth, settled.statics.skin
        fabric = {
            name: torch.tensor(
                [float(getattr(f, name)) for f in cloth.fabrics], dtype=torch.float64, requires_grad=True
            )
            for name in FABRIC_PARAMETERS
        }
        pattern = torch.tensor(cloth.panel_uv.astype(np.float64), requires_grad=True)
        body = None if skin is None else torch.tensor(skin.vertices, requires_grad=True)
        return cls(fabric, pattern, body)


def _energy(twin: _Twin, settled: SettledCloth, x: torch.Tensor) -> torch.Tensor:
    """Return E(x) [J] as torch sees it; equal to `equilibrium.total_energy`."""
    import torch

    cloth, sheet = settled.cloth, settled.statics.sheet
    garment = torch.as_tensor(cloth.garment_of_face.astype(np.int64))
    per_face = {name: values[garment] for name, values in twin.fabric.items()}
    factor_of = torch.as_tensor(cloth.stiffness.astype(np.float64))
    faces = torch.as_tensor(sheet.faces)
    a, b = twin.pattern[:, 1] - twin.pattern[:, 0], twin.pattern[:, 2] - twin.pattern[:, 0]
    double = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    area = 0.5 * double
    e1, e2 = x[faces[:, 1]] - x[faces[:, 0]], x[faces[:, 2]] - x[faces[:, 0]]
    fu = (e1 * b[:, 1:2] - e2 * a[:, 1:2]) / double[:, None]
    fv = (e2 * a[:, 0:1] - e1 * b[:, 0:1]) / double[:, None]
    membrane = 0.5 * per_face["shear"] * factor_of * (fu * fv).sum(1) ** 2
    for k, (f, name) in enumerate(((fu, "weft"), (fv, "warp"))):
        strain = (f * f).sum(1).sqrt() - 1.0
        over = torch.clamp(strain - torch.as_tensor(sheet.limit[:, k]), min=0.0)
        side = torch.where(strain < 0.0, sheet.give, 1.0)
        stored = 0.5 * (side * strain**2 + torch.as_tensor(sheet.lock[:, k]) * over**2)
        membrane = membrane + per_face[f"stretch_{name}"] * factor_of * stored
    weight = settled.settings.gravity * per_face["area_density"] * area
    height = x[faces][:, :, 1].mean(1)
    energy = (area * membrane).sum() + (weight * height).sum() + _bending(twin, settled, x, area, per_face)
    if twin.body is not None:
        energy = energy + _contact(twin, settled, x, area)
    return energy


def _bending(
    twin: _Twin,
    settled: SettledCloth,
    x: torch.Tensor,
    area: torch.Tensor,
    per_face: Mapping[str, torch.Tensor],
) -> torch.Tensor:
    import torch

    from toile.engine.cloth.bending import bending_stencil, flat_places, second_derivatives
    from toile.engine.cloth.bending_slope import find_slopes, slope_coefficients, slope_weight

    cloth, faces = settled.cloth, settled.statics.sheet.faces
    stencil = bending_stencil(cloth.faces, cloth.panel_uv, cloth.creases)
    k = second_derivatives(flat_places(stencil, twin.pattern, torch), torch.as_tensor(stencil.used), torch)
    curved = torch.einsum("tip,tpc->tic", k, x[torch.as_tensor(stencil.vertices)])
    weft, warp = per_face["bend_weft"], per_face["bend_warp"]
    factor_of = torch.as_tensor(cloth.stiffness.astype(np.float64))
    stiffness = factor_of[:, None] * torch.stack([weft, warp, 2.0 * (weft * warp).sqrt()], 1)
    slopes = find_slopes(faces, cloth.panel_uv, cloth.creases)
    coefficients = slope_coefficients(slopes, faces, twin.pattern, torch)
    slope = torch.einsum("snaij,snjc->saic", coefficients, curved[torch.as_tensor(slopes.beside)])
    within = (area[:, None] * stiffness * (curved**2).sum(2)).sum()
    weight = slope_weight(slopes, area, torch)[:, None] * stiffness[torch.as_tensor(slopes.inner)]
    return 0.5 * (within + (weight * (slope**2).sum((1, 3))).sum())


def _contact(twin: _Twin, settled: SettledCloth, x: torch.Tensor, area: torch.Tensor) -> torch.Tensor:
    import torch

    skin, touch, ties = settled.statics.skin, settled.touch, settled.statics.ties
    assert skin is not None
    assert touch is not None
    assert twin.body is not None
    size = _sizes(settled, area)
    energy = torch.zeros((), dtype=torch.float64)
    if len(touch.index):
        element = torch.as_tensor(skin.element[touch.index])
        p = (torch.as_tensor(skin.share[touch.index])[:, :, None] * x[element]).sum(1)
        depth = skin.gap - _distance(p, twin.body[torch.as_tensor(skin.faces[touch.face])], touch)
        d = torch.clamp(depth, max=skin.ramp)
        rise, rest = (skin.stiff - skin.soft) / skin.ramp, depth - d
        force, slope = skin.soft * d + 0.5 * rise * d * d, skin.soft + rise * d
        stored = 0.5 * skin.soft * d * d + rise * d**3 / 6.0 + force * rest + 0.5 * slope * rest**2
        energy = energy + (size[torch.as_tensor(touch.index)] * stored).sum()
    if ties is not None and len(ties.vertex):
        tied = torch.as_tensor(ties.vertex)
        point = (torch.as_tensor(ties.share)[:, :, None] * twin.body[torch.as_tensor(ties.skin)]).sum(1)
        normal = torch.as_tensor(ties.normal)
        u = x[tied] - point
        u = u - normal * (u * normal).sum(1, keepdim=True)
        energy = energy + 0.5 * settled.settings.body_tangential * (size[tied] * (u * u).sum(1)).sum()
    return energy


def _sizes(settled: SettledCloth, area: torch.Tensor) -> torch.Tensor:
    """Return the size [cm2] of each contact point, as `system.build_system` has it."""
    import torch

    from toile.engine.core.mesh import unique_edges

    faces = torch.as_tensor(settled.statics.sheet.faces)
    corner = torch.zeros(len(settled.vertices), dtype=torch.float64)
    corner = corner.index_add(0, faces.reshape(-1), (area / 3.0).repeat_interleave(3))
    edges = torch.as_tensor(unique_edges(settled.cloth.faces)[0].astype(np.int64))
    return 1e4 * torch.cat([corner, corner[edges].mean(1) / 3.0, area / 2.0])


def _distance(p: torch.Tensor, corners: torch.Tensor, touch: Touch) -> torch.Tensor:
    """Return the signed distance [m] of points to the skin feature that is nearest: face, edge or vertex."""
    import torch

    on = touch.share > 0.0
    order = np.argsort(~on, axis=1, kind="stable")
    k = torch.arange(len(p))
    first, second = (corners[k, torch.as_tensor(order[:, j])] for j in (0, 1))
    sign = torch.as_tensor(np.sign(touch.distance))
    normal = torch.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0], dim=1)
    normal = normal / normal.norm(dim=1, keepdim=True)
    face = ((p - corners[:, 0]) * normal).sum(1)
    away = p - first
    along = second - first
    along = along / along.norm(dim=1, keepdim=True)
    aside = away - along * (away * along).sum(1, keepdim=True)
    count = torch.as_tensor(on.sum(1))
    one, two = count == 1, count == 2
    safe = torch.ones_like(away)
    edge = sign * torch.where(two[:, None], aside, safe).norm(dim=1)
    corner = sign * torch.where(one[:, None], away, safe).norm(dim=1)
    return torch.where(one, corner, torch.where(two, edge, face))
