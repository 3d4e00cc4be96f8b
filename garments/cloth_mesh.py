"""The sewn, placed mesh that the simulator takes: seams welded, round the body in its dressing pose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from toile.garments.fabric import Fabric

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]


@dataclass(frozen=True)
class ClothMesh:
    """Garments as one mesh, placed in the dressing pose outside the body and free of intersections.

    vertices (N, 3) [m], seam partners welded into one vertex; faces (T, 3) counter-clockwise from the right side;
    panel_uv (T, 3, 2) [m]: each corner on its flat panel, turned so that x runs along the weft and y along the warp:
    the rest shape; stiffness (T,): factor on stretch and bending; panel_of_face, garment_of_face (T,);
    layer_of_garment (G,): 0 next to the skin; seam_edges (S, 2), hem_edges (H, 2): vertex pairs;
    loops: "garment/name" -> ordered ring of vertices (hem, cuff, waist, neck); loop_axis: the same keys -> body axis;
    creases (C, 2): sides of triangles along which the cloth is pressed into a fold and does not resist bending;
    anchors: "garment/name" of the ring that dressing holds at a height -> that height [m] (the waist of a skirt).
    strain_limit (T,): strain at which a face locks where it is not its fabric's (elastic), 0 where it is; None: everywhere.
    stitch_lines (K, 2, 2) [m], stitch_panel (K,): edges of pieces sewn onto a panel, in the coordinates of panel_uv.
    bend (T,): factor on bending alone, None: 1 everywhere.
    ties (K, 2), tie_length (K,) [m]: vertices that a thread holds together, as a button its two fronts, and its length.
    button_places (B, 2) [m], button_panel (B,), button_size (B,) [m]: buttons: centres, in the same coordinates, diameters.
    """

    vertices: F32
    faces: I32
    panel_uv: F32
    stiffness: F32
    panel_of_face: I32
    garment_of_face: I32
    panel_names: tuple[str, ...]
    garment_names: tuple[str, ...]
    fabrics: tuple[Fabric, ...]
    layer_of_garment: I32
    seam_edges: I32
    hem_edges: I32
    loops: Mapping[str, I32]
    loop_axis: Mapping[str, str]
    anchors: Mapping[str, float]
    strain_limit: F32 | None = None
    creases: I32 = field(default_factory=lambda: np.zeros((0, 2), np.int32))
    stitch_lines: F32 = field(default_factory=lambda: np.zeros((0, 2, 2), np.float32))
    stitch_panel: I32 = field(default_factory=lambda: np.zeros(0, np.int32))
    button_places: F32 = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    button_panel: I32 = field(default_factory=lambda: np.zeros(0, np.int32))
    button_size: F32 = field(default_factory=lambda: np.zeros(0, np.float32))
    ties: I32 = field(default_factory=lambda: np.zeros((0, 2), np.int32))
    tie_length: F32 = field(default_factory=lambda: np.zeros(0, np.float32))
    bend: F32 | None = None
