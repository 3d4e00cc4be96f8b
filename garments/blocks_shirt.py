"""Tops that open in front, and what finishes a top: collars, cuffs and ribs.

A front is drawn whole and then cut down its centre; the two halves are sewn shut along it (in the simulation the
buttons are closed), the button stand and its facing are the centre edge's allowance.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from toile.engine.core.measurements import Measurements
from toile.garments import curves
from toile.garments.blocks_collar import (
    MANDARIN,
    NECK_RIB,
    TURTLENECK,
    add_strip,
    neck_run,
)
from toile.garments.blocks_collar_fall import add_lapels, add_peter_pan, add_shirt_collar
from toile.garments.blocks_cuff import ending
from toile.garments.blocks_hood import add_hood
from toile.garments.blocks_sleeve_full import RIB, RIB_STIFFNESS
from toile.garments.blocks_strapless import has_no_shoulders
from toile.garments.curves import F64
from toile.garments.ease import FITS
from toile.garments.pattern import Edge, Panel, Placement
from toile.garments.piecework import Drawing, Ref
from toile.garments.style import Style

BUTTON_STAND = 0.045
"""Allowance [m] at the centre front: 1.5 cm of stand and 3 cm of facing."""
OUTER = ("jacket", "coat")
"""Worn over other garments: cut one fit looser, the neck wider."""
OUTER_NECK = 0.08
"""Added to the collar's neck edge over the neck's girth."""
RIBBED = ("sweater", "hoodie")
"""Categories that end in ribs."""
HEM_RIB = 0.93
"""A ribbed hem over the body's hem."""


def split_front(drawing: Drawing, name: str) -> tuple[str, str]:
    """Cut a front down its centre line and sew the halves shut; returns the left and the right half's name."""
    panel = drawing.panels[name]
    stem = name.rsplit("/", 1)[-1]
    names = {side: name.replace(stem, stem.replace("front", f"{side}_front")) for side in ("left", "right")}
    halves: dict[str, list[Edge]] = {"left": [], "right": []}
    where: dict[str, list[str]] = {}
    for edge in panel.edges:
        pieces = _cut_at_centre(edge)
        for piece in pieces:
            side = "left" if piece.points[:, 0].mean() > 0.0 else "right"
            halves[side].append(piece)
            where.setdefault(edge.name, []).append(side)
    panels: dict[str, Panel] = {}
    for key, old in drawing.panels.items():
        if key != name:
            panels[key] = old
            continue
        for side, edges in halves.items():
            notches = tuple(n for n in old.notches if where[n.edge] == [side])
            panels[names[side]] = replace(
                old,
                name=names[side],
                edges=_closed(edges),
                placement=replace(old.placement, wrap=f"{side}_front"),
                label=f"{old.label} {side} {'左' if side == 'left' else '右'}",
                notches=notches,
            )
    drawing.panels = panels

    def moved(ref: Ref) -> list[Ref]:
        if ref[0] != name:
            return [ref]
        sides = where.get(ref[1])
        if sides is None:  # an edge that was cut into parts before
            sides = sorted({side for part in drawing.edges_of(*ref) for side in where[part]})
        return [(names[side], ref[1]) for side in sides]

    drawing.seams = [
        replace(seam, first=moved(seam.first)[0], second=moved(seam.second)[0]) for seam in drawing.seams
    ]
    drawing.loops = [
        replace(loop, edges=tuple(new for ref in loop.edges for new in moved(ref))) for loop in drawing.loops
    ]
    parts = dict(drawing.parts)
    for (owner, cut), stretches in parts.items():
        if owner == name:
            del drawing.parts[owner, cut]
            for side in ("left", "right"):
                mine = tuple(p for p in stretches if side in where.get(p, [side]))
                if mine:
                    drawing.parts[names[side], cut] = mine
    drawing.sew("centre_front", [(names["left"], "centre")], [(names["right"], "centre")])
    return names["left"], names["right"]


def _cut_at_centre(edge: Edge) -> list[Edge]:
    """Return an edge cut where it crosses x = 0."""
    x = edge.points[:, 0]
    if x.min() > -1e-6 or x.max() < 1e-6:
        return [edge]
    k = int(np.flatnonzero(np.sign(x[:-1]) * np.sign(x[1:]) <= 0.0)[0])
    a, b = edge.points[k], edge.points[k + 1]
    t = a[0] / (a[0] - b[0])
    middle: F64 = a + t * (b - a)
    middle[0] = 0.0
    first = [p for p in edge.points[: k + 1] if np.linalg.norm(p - middle) > 1e-7]
    second = [p for p in edge.points[k + 1 :] if np.linalg.norm(p - middle) > 1e-7]
    return [
        replace(edge, points=np.array([*first, middle])),
        replace(edge, points=np.array([middle, *second])),
    ]


def _closed(edges: list[Edge]) -> tuple[Edge, ...]:
    """Return a half's edges in outline order, closed along the centre."""
    start = next(
        k
        for k, edge in enumerate(edges)
        if np.linalg.norm(edge.points[0] - edges[k - 1].points[-1]) > 1e-6 or len(edges) == 1
    )
    ordered = [*edges[start:], *edges[:start]]
    centre = Edge("centre", curves.line(ordered[-1].points[-1], ordered[0].points[0]), BUTTON_STAND)
    return (*ordered, centre)


def finish_neck(drawing: Drawing, style: Style, m: Measurements, fronts: tuple[str, ...], back: str) -> None:
    """Add the collar or neckband that a style asks for."""
    if style.neckline == "mandarin":
        run = neck_run(drawing, fronts, back, from_front=len(fronts) == 2)
        add_strip(drawing, style, "collar_stand", MANDARIN, run, "Collar stand 立领")
    elif style.neckline == "shirt_collar":
        add_shirt_collar(drawing, style, fronts, back)
    elif style.neckline == "peter_pan":
        add_peter_pan(drawing, style, fronts, back)
    elif style.neckline == "lapel":
        add_lapels(drawing, style, fronts, back)
    elif style.neckline == "hood":
        add_hood(drawing, style, m, fronts, back)
    elif style.neckline == "turtleneck":
        run = _closed_run(drawing, style, fronts, back)
        add_strip(drawing, style, "collar_tube", TURTLENECK, run, "Turtleneck 高领")
    elif style.category in ("sweater",) and style.neckline in ("crew", "scoop", "boat"):
        run = _closed_run(drawing, style, fronts, back)
        add_strip(drawing, style, "neck_rib", NECK_RIB, run, "Neck rib 领口罗纹")


def _closed_run(drawing: Drawing, style: Style, fronts: tuple[str, ...], back: str) -> list[Ref]:
    """Return the neck edges that a closed band meets; where the front opens, the band's ends meet there."""
    if not style.opening or len(fronts) != 1:
        return neck_run(drawing, fronts, back, from_front=False)
    (front,) = fronts
    drawing.turn(front, "neck", [0.5 * drawing.panels[front].edge("neck").length])
    return [(front, "neck_1"), (back, "neck"), (front, "neck_2")]


def body_style(style: Style, m: Measurements) -> Style:
    """Return the style that the body and the sleeves are drawn with.

    A collar sits on a crew neck close to the neck; a shirt's long sleeve ends in a cuff, a sweater's sleeve and hem in
    ribs, so that its body is shorter by the rib.
    """
    drawn = style
    snug = {"mandarin": 1.06, "shirt_collar": 1.06, "peter_pan": 1.12, "turtleneck": 1.10, "hood": 1.18}.get(
        style.neckline
    )
    if snug is not None:
        snug += OUTER_NECK if style.category in OUTER else 0.0
        drawn = replace(drawn, neckline="crew", neck=style.neck if style.neck is not None else snug * m.neck)
    if has_no_shoulders(style):
        drawn = replace(drawn, fit=FITS[max(FITS.index(style.fit) - 1, 0)])
    long = style.sleeve in ("long", "three_quarter")
    band = ending(style) if style.sleeve_style == "set_in" and long else None
    if band:
        drawn = replace(drawn, sleeve_style=band)
    if style.category in (*OUTER, "hoodie"):
        drawn = replace(drawn, fit=FITS[min(FITS.index(style.fit) + 1, len(FITS) - 1)])
    if style.category in RIBBED:
        length = style.length if style.length is not None else 0.37 * m.height
        hem = style.hem / HEM_RIB if style.hem is not None else None
        drawn = replace(drawn, length=length - RIB, hem=hem)
    return drawn


def finish_hem(drawing: Drawing, style: Style, front: str, back: str) -> None:
    """Add a sweater's ribbed hem, shorter than the body's hem, which is eased into it."""
    names = []
    for side, body, chinese in (("front", front, "前"), ("back", back, "后")):
        hem = drawing.panels[body].edge("hem")
        half, top = 0.5 * HEM_RIB * hem.length, float(hem.points[0, 1])
        plus, minus = ("left", "right") if side == "front" else ("right", "left")
        corners = [(-half, top - RIB), (half, top - RIB), (half, top), (-half, top), (-half, top - RIB)]
        edge_names = ("hem", f"end_{plus}", "top", f"end_{minus}")
        edges = [
            Edge(n, curves.line(a, b), 0.01, "hem" if n == "hem" else "seam")
            for n, a, b in zip(edge_names, corners, corners[1:], strict=False)
        ]
        placement = Placement("torso", side, "waist", 0.0, style.layer)
        label = f"Hem rib {side} {chinese}下摆罗纹"
        name = drawing.add(
            f"hem_rib_{side}", edges, placement, label, "cut 1, double", RIB_STIFFNESS, grain=(1.0, 0.0)
        )
        names.append(name)
        drawing.sew(f"hem_rib_{side}", [(body, "hem")], [(name, "top")], "gather", hem.length - 2.0 * half)
        panel = drawing.panels[body]
        seam = tuple(replace(e, kind="seam", allowance=0.01) if e.name == "hem" else e for e in panel.edges)
        drawing.panels[body] = replace(panel, edges=seam)
    for side in ("left", "right"):
        drawing.sew(f"hem_rib_{side}", [(names[0], f"end_{side}")], [(names[1], f"end_{side}")])
    drawing.loops = [loop for loop in drawing.loops if loop.name != "hem"]
    drawing.ring("hem", [(names[0], "hem"), (names[1], "hem")], "torso")
