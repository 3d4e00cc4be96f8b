"""Slits and vents: a seam left open from the hem up, at the centre back or front of a skirt, at the sides of a top.

Side slits of skirts are drawn with the skirt (`blocks_skirt`); here seams that are there, or a centre seam that is made for it,
are unpicked from the hem up to a turn point. A coat's or a jacket's slit is a vent at the centre back.
"""

from __future__ import annotations

from dataclasses import replace

from toile.garments.blocks_split import can_split, cut_seam, split_centre
from toile.garments.pattern import Loop, Panel
from toile.garments.piecework import Drawing
from toile.garments.style import Style

VENT, SIDE = 0.45, 0.30
"""Length of a vent over what hangs below the waist, and of a top's side slit over its side seam."""
LONGEST_SIDE, LEAST = 0.14, 0.05
CENTRE_ALLOWANCE = 0.04
"""Allowance [m] of a centre seam with a slit: its facing."""


def add_slits(drawing: Drawing, style: Style) -> None:
    """Open the seams that a style's slit asks for, where they were not drawn open."""
    if drawing.centre_slit:
        face = "front" if "front_slit" in style.details else "back"
        _centre(drawing, style, face, drawing.centre_slit)
    elif style.slit and style.family == "t_shirt":
        if style.category in ("coat", "jacket"):
            panel = drawing.panels.get(f"{drawing.name}/back")
            below = panel.placement.y - float(panel.outline[:, 1].min()) if panel is not None else 0.0
            _centre(drawing, style, "back", VENT * below)
        else:
            _sides(drawing, style)


def _centre(drawing: Drawing, style: Style, face: str, length: float) -> None:
    """Open a centre seam from the hem up by a length [m], made where there is none."""
    halves = _lowest(drawing, face)
    if halves is None:
        whole = [
            p
            for p in drawing.panels.values()
            if p.placement.wrap == face and any(e.name.startswith("hem") and e.kind == "hem" for e in p.edges)
        ]
        if len(whole) != 1 or not can_split(whole[0]) or length < LEAST:
            drawing.notes.append(
                f"The {style.label} has no seam at its centre {face} that a slit could open; it stays closed."
            )
            return
        split_centre(drawing, whole[0].name, CENTRE_ALLOWANCE)
        halves = _lowest(drawing, face)
    if halves is None or length < LEAST:
        return
    panel = drawing.panels[halves]
    length = min(length, panel.edge("centre").length - 0.04)
    if length < LEAST:
        return
    _unpick(drawing, panel, "centre", length, f"slit_{face}")
    drawing.notes.append(f"The {style.label} has a slit of {100 * length:.0f} cm in its centre {face} seam.")


def _lowest(drawing: Drawing, face: str) -> str | None:
    """Return the left half of a face that ends in a hem and has a centre seam."""
    for name, panel in drawing.panels.items():
        hem = any(e.name.startswith("hem") and e.kind == "hem" for e in panel.edges)
        if panel.placement.wrap == f"left_{face}" and hem and any(e.name == "centre" for e in panel.edges):
            return name
    return None


def _sides(drawing: Drawing, style: Style) -> None:
    """Open the side seams of a top from the hem up."""
    opened = 0.0
    for side in ("left", "right"):
        for panel in list(drawing.panels.values()):
            edges = [
                e
                for e in panel.edges
                if e.name.startswith("side")
                and side in e.name
                and e.kind == "seam"
                and "front" in panel.placement.wrap
            ]
            hem = any(e.name.startswith("hem") and e.kind == "hem" for e in panel.edges)
            if not edges or not hem:
                continue
            lowest = min(edges, key=lambda e: float(e.points[:, 1].min()))
            opened = min(SIDE * sum(e.length for e in edges), LONGEST_SIDE, 0.8 * lowest.length)
            if opened >= LEAST:
                _unpick(drawing, panel, lowest.name, opened, f"slit_{side}")
            break
    if opened >= LEAST:
        drawing.notes.append(f"The {style.label} has a slit of {100 * opened:.0f} cm in each side seam.")
    else:
        drawing.notes.append(
            f"The {style.label} has no side seam that a slit could open at its hem; it stays closed."
        )


def _unpick(drawing: Drawing, panel: Panel, edge: str, length: float, name: str) -> None:
    """Leave a seam open from the hem up by a length [m]; the open edges join the ring of the hem."""
    points = panel.edge(edge).points
    upwards = float(points[-1, 1]) > float(points[0, 1])
    share = length / panel.edge(edge).length
    parts = cut_seam(drawing, (panel.name, edge), share if upwards else 1.0 - share)
    mine = (panel.name, parts[0] if upwards else parts[1])
    seam = next(s for s in drawing.seams if mine in (s.first, s.second))
    drawing.seams.remove(seam)
    drawing.loops = list(drawing.finished_loops())
    refs = []
    for owner, old in (seam.first, seam.second):
        now = drawing.panels[owner]
        edges = tuple(replace(e, name=name, kind="opening") if e.name == old else e for e in now.edges)
        notches = tuple(n for n in now.notches if n.edge != old)
        drawing.panels[owner] = replace(now, edges=edges, notches=notches)
        refs.append((owner, name))
    drawing.loops = [
        Loop(r.name, r.garment, (*r.edges, *refs), r.axis) if r.name == "hem" else r for r in drawing.loops
    ]
