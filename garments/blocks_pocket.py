"""Pockets: patch pockets sewn on by three sides, in-seam pockets with bags, a kangaroo pocket; drafted true and placed on the flat.

A patch lies on one panel: its place is drawn there as a row of stitches as long as the patch's own three sides. An in-seam
pocket leaves a stretch of the side seam open between two notches; its bags carry that stretch as it is cut, so that they
go in without easing. Neither is simulated as a layer: patches are drawn on the garment, bags are inside it.

Sizes: a hand needs an opening of 14 to 16 cm (W. Aldrich, "Metric Pattern Cutting for Women's Wear", pockets); the others
are our own judgement.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from toile.garments import curves
from toile.garments.curves import F64
from toile.garments.pattern import Edge, Fold, Notch, Panel, Stretch
from toile.garments.piecework import Drawing
from toile.garments.style import Style

OPENING, LEAST_OPENING = 0.155, 0.125
"""Length [m] of an in-seam pocket's opening, and the shortest that a hand passes."""
BELOW_WAIST, BELOW_SEAM = 0.05, 0.03
"""An opening begins this far [m] below the natural waist, and at least so far below the head of its seam."""
BAG_WIDTH, BAG_BELOW, BAG_ABOVE = 0.15, 0.12, 0.02
"""How far a bag reaches in from the seam, below its opening and above it [m]."""
CHEST, HIP, BACK = (0.115, 0.13), (0.16, 0.17), (0.14, 0.15)
"""Width and height [m] of patches on the chest, on the hip and on the seat."""
POINT = 0.015
"""How much deeper [m] a patch is in its middle than at its sides."""
MARGIN = 0.012
"""Least distance [m] of a patch from the panel's edges and darts."""
KANGAROO_HEIGHT, KANGAROO_HAND = 0.20, 0.06
"""Height [m] of a kangaroo pocket, and how far its hands' openings lean in."""
BARE = ("sleeve", "band", "rib", "stay", "tier", "belt", "under_front")
"""Words in the names of panels that take no pockets."""
HEM = 0.025
"""Allowance [m] that is turned in along an opening."""


@dataclass(frozen=True)
class Patch:
    """A patch to place on a panel [m]: its middle's x, its opening's y, its width and height."""

    panel: str
    x: float
    y: float
    width: float
    height: float

    @property
    def outline(self) -> tuple[F64, F64]:
        """The opening, and the three sewn sides from its left end round to its right end."""
        half, side = 0.5 * self.width, self.height - POINT
        corners = np.array(
            [[-half, 0.0], [-half, -side], [0.0, -self.height], [half, -side], [half, 0.0]]
        ) + np.array([self.x, self.y])
        return np.array([corners[-1], corners[0]]), corners


def add_pockets(drawing: Drawing, style: Style) -> None:
    """Add the pockets that suit a garment: what was named, else a top's patches and in-seam pockets below a waist."""
    words = set(style.details)
    whole = f"{drawing.name}/front" in drawing.panels
    if style.category == "hoodie" and whole and not words & {"patch_pockets", "in_seam_pockets"}:
        _kangaroo(drawing, style)
        return
    top = style.family == "t_shirt" and style.category != "coat"
    patches = "patch_pockets" in words or "chest_pocket" in words or (top and "in_seam_pockets" not in words)
    if patches:
        _patches(drawing, style, chest="chest_pocket" in words)
    else:
        _in_seam(drawing, style)
        if style.fabric == "denim" and style.category in ("trousers", "shorts"):
            _sew_on(drawing, style, _seat(drawing), "back_pocket", "Back pocket 后贴袋")


def _side_runs(drawing: Drawing) -> Iterator[tuple[str, list[Edge]]]:
    """Yield panels of the front whose side seam lies on the wearer's left, with its edges from the head down."""
    for name, panel in drawing.panels.items():
        if "front" not in panel.placement.wrap or panel.placement.part not in ("torso", "left_leg"):
            continue
        if any(word in name.split("/")[1] for word in BARE):
            continue
        sides = [
            e
            for e in panel.edges
            if e.kind == "seam"
            and e.name.startswith("side")
            and ("left" in e.name or panel.placement.part == "left_leg" or "left" in name)
        ]
        if sides:
            yield name, sorted(sides, key=lambda e: -float(e.points[:, 1].max()))


def _in_seam(drawing: Drawing, style: Style) -> None:
    for name, sides in _side_runs(drawing):
        panel = drawing.panels[name]
        for edge in sides:
            head = float(edge.points[:, 1].max()) - panel.placement.y
            start = max(BELOW_SEAM, head + BELOW_WAIST)
            room = edge.length - start - BELOW_SEAM
            if room < LEAST_OPENING or head < -0.30:
                continue
            opening = min(OPENING, room)
            _bag(drawing, style, panel, edge, start, opening)
            return
    drawing.notes.append(
        f"The side seams of the {style.label} are too short for pockets, which need {100 * (LEAST_OPENING + 2 * BELOW_SEAM):.0f} cm "
        "of seam below the waist; it has none."
    )


def _bag(drawing: Drawing, style: Style, panel: Panel, edge: Edge, start: float, opening: float) -> None:
    """Add the bag of a pocket whose opening runs along an edge, `start` to `start + opening` [m] below its head."""
    upwards = float(edge.points[-1, 1]) > float(edge.points[0, 1])
    down = edge.points[::-1] if upwards else edge.points
    stretch = curves.cut(down, [start, start + opening])[1]
    middle = 0.5 * (panel.outline.min(axis=0) + panel.outline.max(axis=0))
    top, foot = stretch[0], stretch[-1]
    along = curves.unit(foot - top)
    inward = np.array([-along[1], along[0]])
    if (middle - top) @ inward < 0.0:
        inward = -inward
    below = min(BAG_BELOW, max(0.03, edge.length - start - opening - 0.02))
    high = top - min(BAG_ABOVE, 0.6 * start) * along
    low = foot + below * along
    width = min(BAG_WIDTH, 0.42 * float(np.ptp(panel.outline[:, 0])))
    corner_high, corner_low = high + width * inward + 0.03 * along, low + width * inward - 0.045 * along
    round_low = curves.smooth(corner_low, along, low, -inward - 0.25 * along, 0.45)
    runs = [
        ("opening", stretch),
        ("below", curves.line(foot, low)),
        ("bottom", round_low[::-1]),
        ("inner", curves.line(corner_low, corner_high)),
        ("top", curves.line(corner_high, high)),
        ("above", curves.line(high, top)),
    ]
    edges = [Edge(n, p, 0.01) for n, p in runs]
    if curves.area(np.concatenate([e.points[:-1] for e in edges])) < 0.0:
        edges = [Edge(e.name, e.points[::-1], e.allowance) for e in reversed(edges)]
    label = "Pocket bag 插袋布"
    piece = drawing.cut_piece("pocket_bag", edges, panel, label, "cut 4 in pairs: two of them in shell")
    ends = sorted((edge.length - d if upwards else d) / edge.length for d in (start, start + opening))
    drawing.join("pocket_left", [(piece, "opening")], [Stretch(panel.name, edge.name, ends[0], ends[1])])
    mirror = _mirror(drawing, panel.name, edge.name)
    for owner, name, places in ((panel.name, edge.name, ends), (*mirror, [1.0 - f for f in ends[::-1]])):
        if owner:
            old = drawing.panels[owner]
            marks = tuple(Notch(name, f) for f in places)
            drawing.panels[owner] = _with(old, marks)
    drawing.notes.append(
        f"The {style.label} {style.has} a pocket in each side seam, open for {100 * opening:.1f} cm between its notches; the seam is sewn "
        "through in the simulation."
    )


def _with(panel: Panel, marks: tuple[Notch, ...]) -> Panel:
    return replace(panel, notches=(*panel.notches, *marks))


def _mirror(drawing: Drawing, panel: str, edge: str) -> tuple[str, str]:
    """Return the panel and edge of the other side that mirror a left one; empty where there is none."""
    there = drawing.panels
    other = panel.replace("left_", "right_")
    name = edge if "left" not in edge else edge.replace("left", "right")
    if other in there and any(e.name == name for e in there[other].edges):
        return other, name
    if any(e.name == name for e in there[panel].edges) and name != edge:
        return panel, name
    return "", ""


def _fronts(drawing: Drawing, low: bool) -> list[str]:
    """Return the panels of the front that a patch can lie on, the lowest or the highest first."""
    found = [
        name
        for name, p in drawing.panels.items()
        if "front" in p.placement.wrap
        and p.placement.part in ("torso", "left_leg", "right_leg")
        and not any(word in name.split("/")[1] for word in BARE)
        and not any(fold.kind == "outer" for fold in p.folds)
    ]
    found.sort(key=lambda name: float(drawing.panels[name].outline[:, 1].mean()), reverse=not low)
    return found


def _patches(drawing: Drawing, style: Style, *, chest: bool) -> None:
    """Sew patches on the chest of shirts and T-shirts, on the hips of everything else, wherever they fit first."""
    single = chest or style.category in ("t_shirt", "tank_top", "shirt", "blouse")
    attempts = [(True, CHEST), (False, HIP)] if single else [(False, HIP), (True, CHEST)]
    for upper, size in attempts:
        found = _pair(drawing, style, upper, size)
        if found:
            kind = "chest" if upper else "patch"
            _sew_on(drawing, style, found, f"{kind}_pocket", "Patch pocket 贴袋")
            return
    drawing.notes.append(f"No panel of the {style.label} has room for a patch pocket; it has none.")


def _pair(drawing: Drawing, style: Style, upper: bool, size: tuple[float, float]) -> list[Patch]:
    """Return patches for the left side, and the right one except for a T-shirt's chest; none where they do not fit."""
    for name in _fronts(drawing, low=not upper):
        panel = drawing.panels[name]
        sides = (-1.0, 1.0) if panel.placement.wrap == "front" else (0.0,)
        patches = [_fitted(panel, side, upper, size) for side in sides]
        if all(patches):
            twins = [p for p in patches if p]
            if panel.placement.wrap != "front":
                other = (
                    name.replace("left_", "right_") if "left_" in name else name.replace("right_", "left_")
                )
                first = twins[0]
                if other in drawing.panels and other != name:
                    twins.append(Patch(other, -first.x, first.y, first.width, first.height))
            if upper and style.category in ("t_shirt", "tank_top"):
                twins = [p for p in twins if p.x > 0.0]
            return twins
    return []


def _fitted(panel: Panel, side: float, upper: bool, size: tuple[float, float]) -> Patch | None:
    """Return the largest patch of a shape, full size to 0.75 of it, that lies inside a panel; side: -1, +1 or 0 (its middle)."""
    y0 = panel.placement.y
    names = [e for e in panel.edges if e.name.startswith("armhole")]
    if upper and not names:
        return None
    if not upper and (names and float(panel.outline[:, 1].min()) > y0 - 0.16):
        return None
    feet = [float(e.points[:, 1].min()) for e in names]
    top = (min(feet) + 0.01) if upper else min(y0 - 0.07, float(panel.outline[:, 1].max()) - 0.05)
    for scale in (1.0, 0.9, 0.8, 0.75):
        width, height = scale * size[0], scale * size[1]
        for lower in (0.0, 0.015, 0.03, 0.05, -0.02):
            span = curves.crossings(
                np.concatenate([panel.outline, panel.outline[:1]]), top - lower - 0.5 * height
            )
            if len(span) < 2:
                continue
            low, high = float(span.min()), float(span.max())
            if side:
                low, high = (0.0, high) if side > 0 else (low, 0.0)
            for share in (0.5, 0.58, 0.42):
                at = share if side >= 0 else 1.0 - share
                patch = Patch(panel.name, low + at * (high - low), top - lower, width, height)
                if _lies_in(panel, patch):
                    return patch
    return None


def _lies_in(panel: Panel, patch: Patch) -> bool:
    """Whether a patch lies inside a panel and clear of its edges."""
    opening, sewn = patch.outline
    ring = np.concatenate([sewn, opening[:1]])
    walked = curves.cumulative(ring)
    points = np.stack([curves.point_at(ring, d) for d in np.linspace(0.0, walked[-1], 41)])
    outline = panel.outline
    a, b = outline, np.roll(outline, -1, axis=0)
    crosses = (a[None, :, 1] > points[:, 1:]) != (b[None, :, 1] > points[:, 1:])
    rise = np.where(a[:, 1] == b[:, 1], 1.0, b[:, 1] - a[:, 1])
    x = a[:, 0] + (points[:, 1:] - a[:, 1]) * (b[:, 0] - a[:, 0]) / rise
    inside = (crosses & (x > points[:, :1])).sum(axis=1) % 2 == 1
    along = b - a
    t = ((points[:, None] - a) * along).sum(-1) / np.maximum((along**2).sum(-1), 1e-18)
    near = a + np.clip(t, 0.0, 1.0)[..., None] * along
    away = np.linalg.norm(points[:, None] - near, axis=-1).min()
    within = (np.abs(outline[:, 0] - patch.x) < 0.5 * patch.width) & (outline[:, 1] < patch.y)
    within &= outline[:, 1] > patch.y - patch.height
    return bool(inside.all() and away > MARGIN and not within.any())


def _seat(drawing: Drawing) -> list[Patch]:
    """Return a patch on each half of the seat."""
    found: list[Patch] = []
    for side in ("left", "right"):
        panel = drawing.panels.get(f"{drawing.name}/{side}_back")
        patch = _fitted(panel, 0.0, False, BACK) if panel else None
        if patch is None:
            return []
        found.append(
            patch
            if not found
            else Patch(patch.panel, -found[0].x, found[0].y, found[0].width, found[0].height)
        )
    return found


def _sew_on(drawing: Drawing, style: Style, patches: list[Patch], name: str, label: str) -> None:
    """Add the piece of some patches that are alike, and draw where each is sewn on."""
    if not patches:
        return
    first = patches[0]
    opening, sewn = Patch(first.panel, 0.0, 0.0, first.width, first.height).outline
    edges = [
        Edge("side_low", sewn[:2], 0.01),
        Edge("bottom", sewn[1:4], 0.01),
        Edge("side_high", sewn[3:], 0.01),
        Edge("opening", opening, HEM, "hem"),
    ]
    host = drawing.panels[first.panel]
    drawing.cut_piece(name, edges, host, label, f"cut {len(patches)}")
    for patch in patches:
        opening, sewn = patch.outline
        drawing.mark(patch.panel, Fold("stitch", sewn), Fold("mouth", opening))
    panels = " and ".join(sorted({p.panel.split("/")[1].replace("_", " ") for p in patches}))
    count = {1: "a patch pocket", 2: "two patch pockets"}[len(patches)]
    drawing.notes.append(
        f"The {style.label} {style.has} {count} of {100 * first.width:.1f} by {100 * first.height:.1f} cm on the {panels}; drawn on the "
        "garment, not simulated as a layer."
    )


def _kangaroo(drawing: Drawing, style: Style) -> None:
    """Sew a pocket for both hands on the lower middle of a front."""
    name = _fronts(drawing, low=True)[0]
    panel = drawing.panels[name]
    hem = [e for e in panel.edges if e.name.startswith("hem")]
    low = float(np.concatenate([e.points for e in hem])[:, 1].max()) + MARGIN + 0.004
    half = min(0.17, 0.40 * float(np.ptp(np.concatenate([e.points for e in hem])[:, 0])))
    height = min(KANGAROO_HEIGHT, 0.42 * float(np.ptp(panel.outline[:, 1])))
    top = half - KANGAROO_HAND
    right = np.array([[half, low], [half, low + 0.05], [top, low + height]])
    ring = np.concatenate([right, right[::-1] * [-1.0, 1.0]])
    names = ("side_right", "hand_right", "top", "hand_left", "side_left", "bottom")
    closed = np.concatenate([ring, ring[:1]])
    edges = [
        Edge(
            n,
            closed[k : k + 2],
            HEM if n.startswith("hand") else 0.01,
            "hem" if n.startswith("hand") else "seam",
        )
        for k, n in enumerate(names)
    ]
    drawing.cut_piece("kangaroo_pocket", edges, panel, "Kangaroo pocket 袋鼠袋", "cut 1")
    drawing.mark(name, Fold("stitch", closed[2:4]), Fold("stitch", closed[[4, 5, 0, 1]]))
    drawing.mark(name, Fold("mouth", closed[1:3]), Fold("mouth", closed[3:5]))
    drawing.notes.append(
        f"The {style.label} {style.has} a kangaroo pocket of {200 * half:.0f} by {100 * height:.0f} cm; drawn on the garment, not simulated "
        "as a layer."
    )
