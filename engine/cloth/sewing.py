"""Sewing round the body: pieces that hang apart are drawn together along their seams, then welded.

For patterns that we did not draft. Every piece hangs flat, rolled round its part of the body (`garments.hang`); stitches join
the partners of every seam, and their rest length goes from what it is to nothing while the rest shape goes from the
hung one to the flat pattern. No gravity, friction or inertia: the cloth goes where its seams take it. Body and cloth are kept apart
by the same contact and filter as in every simulation, so that nothing passes through anything on the way. What has closed to
within a millimetre or two is welded; the garment must then go round its limbs as its rings say (linking numbers), or it is refused.

Where a seam stays open so, a fold of the cloth round it lies in it. Then the pieces are sewn again as the halves of a rubber glove would be: the rest
shape shrinks to four fifths, so that there is no slack to fold, and cloth passes through cloth, though never through the body.
Only what has been welded must be free of crossings: it is drawn smooth until it is, or refused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from toile.engine.cloth.collider import collider_faces
from toile.engine.cloth.energy import deformation, right_stretch
from toile.engine.cloth.settings import ClothSettings
from toile.engine.cloth.solver import ClothSolver
from toile.engine.cloth.stitches import Stitches, with_stitches
from toile.engine.cloth.system import ClothSystem, build_system
from toile.engine.core.body import Figure
from toile.engine.core.errors import Infeasible
from toile.engine.core.files import Progress, silent
from toile.engine.core.intersect import cloth_self_intersections
from toile.garments.blocks_belt import is_belt
from toile.garments.blocks_lap import closed
from toile.garments.cloth_mesh import ClothMesh
from toile.garments.form import Form, make_form
from toile.garments.hang import facing, hang
from toile.garments.meshing import SewnMesh, mesh_pattern, sew
from toile.garments.obstacles import Obstacle
from toile.garments.pattern import Pattern
from toile.garments.placement import assemble, dress, prove
from toile.garments.settle import GAP, smooth_crossings
from toile.garments.topology import inside_out
from toile.garments.wrap_folds import is_pleated

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

STITCH = 400.0
"""Stiffness [N/m] of a stitch while it is drawn in."""
DRAW = 0.004
"""Most that a stitch is drawn in a step [m]."""
STEPS = (60, 200)
"""Least and most steps in which the seams are drawn in."""
HOLD = 60
"""Most steps in which drawn seams may still close."""
SMOOTH = (3, 40)
"""How often at most, and in how many steps each, a sewn garment is drawn smooth while it crosses itself."""
_SETTINGS = ClothSettings(
    bending_damping=0.0, air=0.0, newton_least=2, newton_steps=4, thickness=0.0012, separation=0.0002
)


@dataclass(frozen=True)
class Way:
    """How pieces are sewn.

    size: of the rest shape that they are sewn in, over the flat pattern's; contact: whether cloth keeps off cloth;
    taut: stiffness [N/m] of a stitch when it is drawn (gathers and ease need pressing together); closed: greatest gap [m] that is welded.
    """

    size: float
    contact: bool
    taut: float
    closed: float


WAYS = (Way(1.0, True, 5000.0, 0.003), Way(0.8, False, 20000.0, 0.006))
"""In turn, until a garment is whole, clean and round its limbs."""


@dataclass(frozen=True)
class Sewing:
    """How it went: steps taken, the greatest gap of a seam before and after drawing in [m], steps that could not be kept clean."""

    steps: int
    gap_before: float
    gap: float
    stalls: int


def dressed(
    pattern: Pattern, figure: Figure, edge_length: float = 0.015, progress: Progress = silent
) -> tuple[ClothMesh, Sewing | None]:
    """Return the sewn garments round a figure, and how their seams were drawn together where they had to be.

    Pieces of known kinds are placed with their seams closed (`garments.placement.dress`). Pieces of one garment that cannot be
    placed so, and those of unknown kinds, are drawn together.

    Raises:
        BadInput, Infeasible: see `dress` and `sew_on`.
    """
    if not of_known_kinds(pattern):
        return sew_on(closed(pattern), figure, edge_length, progress)
    try:
        return dress(pattern, figure, edge_length), None
    except Infeasible:
        shut = closed(pattern)
        if not _simple(shut):
            raise
        return sew_on(shut, figure, edge_length, progress)


def of_known_kinds(pattern: Pattern) -> bool:
    """Whether every piece is a front, a back, a half of one, a sleeve, a leg or a collar that goes round."""
    sideways = [p for p in pattern.panels if abs(np.sin(np.radians(facing(p)))) > 0.5]
    return not any(p.placement.part in ("torso", "neck") for p in sideways)


def _simple(pattern: Pattern) -> bool:
    """Whether a pattern is one garment whose pieces lie flat round the body: nothing turned over, folded, crossed or tacked."""
    wraps = ("front", "back", "around", "left_front", "right_front", "left_back", "right_back")
    flat = all(p.placement.wrap in wraps and not is_belt(p) and not is_pleated(p) for p in pattern.panels)
    return (
        len(pattern.garments) == 1
        and flat
        and not pattern.tacks
        and all(s.kind != "turned" for s in pattern.seams)
    )


def sew_on(
    pattern: Pattern, figure: Figure, edge_length: float = 0.015, progress: Progress = silent
) -> tuple[ClothMesh, Sewing]:
    """Return a garment sewn round a figure, from pieces that hang apart, and how it went.

    Args:
        pattern: one garment; of its pieces only part, wrap, facing and height are used.
        figure: the body in its A-pose.
        edge_length: wanted length of the triangles' sides [m].

    Raises:
        BadInput: a pattern that cannot be sewn (see `meshing`).
        Infeasible: pieces that cannot be hung, seams that do not close, a garment that is not round its limbs, or one that crosses the
            body or itself.
    """
    if len(pattern.garments) != 1:
        raise Infeasible(
            f"{len(pattern.garments)} garments cannot be drawn together at once; give one pattern file a garment."
        )
    sewn = sew(pattern, mesh_pattern(pattern, edge_length))
    form = make_form(figure)
    apart = np.arange(len(sewn.weld), dtype=np.int32)
    whole = replace(sewn, weld=apart, faces=sewn.flat_faces)
    refused: Infeasible | None = None
    for way in WAYS:
        try:
            loose = assemble(pattern, whole, hang(pattern, sewn, form, way.contact), figure)
            drawn, how = draw_together(loose, stitches_of(sewn), figure, way, progress)
            if how.gap > way.closed:
                raise Infeasible(_open_seam(pattern, sewn, drawn))
            cloth = _welded(pattern, sewn, drawn, form, way)
            prove(cloth, figure)
            _prove_right_side_out(cloth, figure)
            return cloth, how
        except Infeasible as fault:
            refused = refused or fault
    raise refused or Infeasible("The pieces cannot be sewn in any way.")


def _prove_right_side_out(cloth: ClothMesh, figure: Figure) -> None:
    """Refuse a garment that has turned inside out while it was drawn together."""
    turned = inside_out(cloth.vertices, cloth.faces, cloth.loops, cloth.loop_axis, figure.joints)
    if turned:
        raise Infeasible(
            f"The ring {turned[0]!r} is inside out when the pieces are drawn together round this body; check which way they face in the file."
        )


def _welded(pattern: Pattern, sewn: SewnMesh, drawn: F64, form: Form, way: Way) -> ClothMesh:
    """Return the garment with its stitches made one vertex each, smoothed where it crosses the body or itself."""
    figure = form.figure
    total = np.zeros((sewn.vertex_count, 3))
    np.add.at(total, sewn.weld, drawn)
    x = total / np.bincount(sewn.weld)[:, None]
    if not way.contact:
        for _ in range(SMOOTH[0]):
            if not len(cloth_self_intersections(x, sewn.faces)):
                break
            x = _drawn_smooth(assemble(pattern, sewn, x, figure), figure, way)
    body = Obstacle(figure.vertices.astype(np.float64), figure.faces, closed=True)
    rest = _SETTINGS.body_clear

    def clear(points: F64) -> F64:
        return body.clear(points, rest)

    return assemble(
        pattern, sewn, smooth_crossings(clear(x), sewn.faces, form, clear, None, body, GAP), figure
    )


def stitches_of(sewn: SewnMesh) -> I32:
    """Return the pairs (K, 2) of concatenated vertices that sewing makes one."""
    order = np.argsort(sewn.weld, kind="stable")
    same = sewn.weld[order][1:] == sewn.weld[order][:-1]
    return np.stack([order[:-1][same], order[1:][same]], axis=1).astype(np.int32)


def draw_together(
    loose: ClothMesh, pairs: I32, figure: Figure, way: Way = WAYS[0], progress: Progress = silent
) -> tuple[F64, Sewing]:
    """Return positions [m] (N, 3) of loose pieces whose stitches (K, 2) were drawn in, and how it went."""
    bare = _shrunk(build_system(loose), way)
    inverse = bare.inverse_rest.astype(np.float64)
    placed = right_stretch(deformation(loose.vertices, loose.faces, inverse))
    small = _sewn_shape(placed, way)
    before = _gaps(loose.vertices, pairs)
    drawing = int(np.clip(before.max(initial=0.0) / DRAW, *STEPS))
    x, stalls, taken, gap = loose.vertices, 0, 0, np.inf
    for stiffness, steps in ((STITCH, drawing), (way.taut, HOLD)):
        solver = _solver(with_stitches(bare, pairs, stiffness), loose.faces, x, figure, way)
        stitches = Stitches(pairs, stiffness, solver.device)
        solver.pulls.append(stitches)
        solver.set_rest((inverse @ np.linalg.inv(small)).astype(np.float32))
        for k in range(steps):
            if stiffness == STITCH:
                flat = min(1.0, 2.0 * (k + 1) / steps)
                mix = (1.0 - flat) * placed + flat * small
                solver.set_rest((inverse @ np.linalg.inv(mix)).astype(np.float32))
                stitches.set_length((1.0 - (k + 1) / steps) * before)
            report = solver.advance(1.0 / 60.0, 0.0, keep_velocity=0.0, friction=0.0, zones=True)
            stalls += not report.clean
            taken += 1
            progress(taken / (drawing + HOLD), "drawing the seams together")
            if k % 8 == 7 and stiffness != STITCH:
                gap, last = float(_gaps(solver.positions(), pairs).max(initial=0.0)), gap
                if gap < 0.5 * WAYS[0].closed or gap > 0.95 * last:
                    break
        x = solver.positions()
    widest = float(_gaps(x, pairs).max(initial=0.0))
    return x.astype(np.float64), Sewing(taken, float(before.max(initial=0.0)), widest, stalls)


def _drawn_smooth(cloth: ClothMesh, figure: Figure, way: Way) -> F64:
    """Return the vertices [m] (N, 3) of a sewn garment drawn as smooth as its shrunk rest shape makes it."""
    system = _shrunk(build_system(cloth), way)
    inverse = system.inverse_rest.astype(np.float64)
    small = _sewn_shape(right_stretch(deformation(cloth.vertices, cloth.faces, inverse)), way)
    solver = _solver(system, cloth.faces, cloth.vertices, figure, way)
    solver.set_rest((inverse @ np.linalg.inv(small)).astype(np.float32))
    for _ in range(SMOOTH[1]):
        solver.advance(1.0 / 60.0, 0.0, keep_velocity=0.0, friction=0.0)
    return solver.positions().astype(np.float64)


class _BodyContact(ClothSolver):
    """The solver without contact of cloth with cloth: what is being sewn may pass through itself until it is whole."""

    def _find_pairs(self, x0: F32, travel: F32, reach: float) -> None:
        self.pair_count = 0


def _solver(system: ClothSystem, faces: I32, x: F32, figure: Figure, way: Way) -> ClothSolver:
    collider = collider_faces(figure.vertices, figure.faces, figure.part_of_vertex)
    kind = ClothSolver if way.contact else _BodyContact
    return kind(system, faces, x, figure.vertices, collider, _SETTINGS)


def _shrunk(system: ClothSystem, way: Way) -> ClothSystem:
    """Return a system that locks at the strains of the flat pattern though its rest shape is smaller."""
    if way.size == 1.0:
        return system
    return replace(system, limit=((1.0 + system.limit) / way.size - 1.0).astype(np.float32))


def _sewn_shape(placed: F64, way: Way) -> F64:
    """Return the stretches (T, 2, 2) of the flat pattern that pieces are sewn in.

    The flat pattern itself; smaller, it stays besides as narrow as it hangs: a flounce that was pressed together is let out after sewing.
    """
    if way.size == 1.0:
        return np.broadcast_to(np.eye(2), placed.shape)
    values, axes = np.linalg.eigh(placed)
    return np.einsum("tik,tk,tjk->tij", axes, np.minimum(values, way.size), axes)


def _gaps(x: NDArray[np.floating], pairs: I32) -> F64:
    return np.linalg.norm(np.asarray(x, np.float64)[pairs[:, 0]] - x[pairs[:, 1]], axis=1)


def _open_seam(pattern: Pattern, sewn: SewnMesh, drawn: F64) -> str:
    """Return in words which seam stays open, and by how much."""
    index = {panel.name: i for i, panel in enumerate(pattern.panels)}
    worst, widest = pattern.seams[0], -1.0
    for seam in pattern.seams:
        runs = [
            drawn[sewn.panels[index[p]].edge_vertices[e] + sewn.start[index[p]]]
            for p, e in (seam.first, seam.second)
        ]
        gap = float(np.linalg.norm(runs[0] - (runs[1][::-1] if seam.reversed else runs[1]), axis=1).max())
        if gap > widest:
            worst, widest = seam, gap
    at = [f"{e!r} of {p!r}" for p, e in (worst.first, worst.second)]
    return (
        f"The seam {worst.name!r} between {at[0]} and {at[1]} stays open by {1000 * widest:.0f} mm when it is drawn together round "
        "this body; check which edges it joins, or ask for a larger size."
    )
