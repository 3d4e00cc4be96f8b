"""The flat pattern: panels with named edges, seams between edges, points of measure.

Panel coordinates are metres, seen from the right side of the fabric: y up along the body (or the limb), x to the
viewer's right. A front panel's x is therefore the wearer's left (+X of the world), a back panel's x the wearer's
right. Outlines run counter-clockwise, so triangles made from them face outwards once placed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class Edge:
    """A named stretch of an outline, points [m] (n, 2) from turn point to turn point, chord error under 0.05 mm."""

    name: str
    points: F64
    allowance: float = 0.01  # seam or hem allowance [m]; 0 on a fold
    kind: str = "seam"  # seam | hem | fold | dart | opening

    @property
    def length(self) -> float:
        """Length [m]."""
        return float(np.linalg.norm(np.diff(self.points, axis=0), axis=1).sum())


@dataclass(frozen=True)
class Placement:
    """Where a panel belongs on the body.

    part: torso | left_leg | right_leg | left_arm | right_arm: the limb or trunk that the panel wraps; neck: a collar, placed
        on the seam that joins it to the rest; head: half a hood (wrap left | right), between that seam and the head.
    wrap: front | back (half the girth, side edge to side edge), around (all of it, its x extremes meet inside or
        behind), over_front | under_front (from the right or the left side across the centre to its edge `front_edge`, one
        upon the other), left_front | right_front | left_back | right_back (a quarter, from the centre line to the side), over (turned
        over at its seam of kind `turned`, and lies on the right side of what it is sewn to: collars' falls, lapels).
    landmark: body landmark (engine.core.body.LANDMARKS) at whose height `y` of the panel sits; for arms the distance is
        taken along the limb from the shoulder tip.
    y: panel coordinate [m] that sits at the landmark.
    layer: 0 next to the skin, 1 over it, …
    """

    part: str
    wrap: str
    landmark: str
    y: float
    layer: int = 0


@dataclass(frozen=True)
class Notch:
    """A mark on an edge, at a fraction of its length, that meets its twin on the partner edge."""

    edge: str
    fraction: float


@dataclass(frozen=True)
class Fold:
    """A line inside a panel, points [m] (n, 2) from one turn point of the outline to another.

    kind: outer (pressed, the edge that is seen) | inner (pressed, the edge below) | placement (where an outer fold comes to
    lie; not a crease) | stitch (a row of stitches, by which a piece is sewn on) | mouth (where such a piece stays open) |
    button (its diameter) | buttonhole (its length) | centre (of a front that reaches past it); only outer and inner folds are creases of the mesh, and only they begin and end at turn points.
    """

    kind: str
    points: F64


@dataclass(frozen=True)
class Panel:
    """One piece of cloth: closed counter-clockwise outline of edges, each beginning where the one before ends."""

    name: str
    garment: int
    edges: tuple[Edge, ...]
    placement: Placement
    label: str = ""
    grain: tuple[float, float] = (0.0, 1.0)  # direction of the warp
    notches: tuple[Notch, ...] = ()
    stiffness: float = 1.0  # interfacing or waistband: factor on stretch and bending
    pieces: str = "cut 1"
    folds: tuple[Fold, ...] = ()
    elastic: float = (
        0.0  # strain at which the panel's own elastic locks, 0: it has none, and locks as its fabric does
    )
    facing: float | None = (
        None  # [degrees] where its right side looks, 0 front, 90 the wearer's left; None: as `placement.wrap` says
    )

    def edge(self, name: str) -> Edge:
        """Return an edge by name."""
        return next(e for e in self.edges if e.name == name)

    @property
    def outline(self) -> F64:
        """The outline without repeated turn points, shape (n, 2)."""
        return np.concatenate([e.points[:-1] for e in self.edges])


@dataclass(frozen=True)
class Seam:
    """Two edges sewn together, each a (panel name, edge name).

    Walked along their outlines the two edges run against each other (`reversed`), as sewn edges do when both panels
    lie right side up. `ease` [m] is the stated difference of length, first minus second.
    """

    name: str
    first: tuple[str, str]
    second: tuple[str, str]
    kind: str = (
        "plain"  # plain | dart | ease | gather | turned (pressed over: a crease that does not resist bending)
    )
    ease: float = 0.0
    reversed: bool = True


@dataclass(frozen=True)
class Tack:
    """A button, hook or tack: the first turn points of two edges, each a (panel name, edge name), held together."""

    name: str
    first: tuple[str, str]
    second: tuple[str, str]


@dataclass(frozen=True)
class Tie:
    """A button: a point of an upper panel held to the point of a lower one that has the same coordinates, by a thread.

    at: both points [m]; length [m]: of the thread, which pulls and does not push; size [m]: the button's diameter, 0 where
    it is hidden.
    """

    name: str
    upper: str
    lower: str
    at: tuple[float, float]
    length: float
    size: float = 0.0


@dataclass(frozen=True)
class Stretch:
    """Part of an edge, from one fraction of its length to another along the outline."""

    panel: str
    edge: str
    start: float = 0.0
    end: float = 1.0


@dataclass(frozen=True)
class Join:
    """Edges of a piece that is not simulated, and the stretches that they are sewn to: equally long in total.

    edges: (piece, edge) of `Pattern.cut_only`; to: of panels or of other such pieces.
    """

    name: str
    edges: tuple[tuple[str, str], ...]
    to: tuple[Stretch, ...]


@dataclass(frozen=True)
class PointOfMeasure:
    """A finished measurement of a garment: what was asked [m] or None, what the flat pattern has [m]."""

    garment: int
    name: str  # as in the request: waist_cm, length_cm, …
    requested: float | None
    drafted: float
    tolerance: float = 0.001
    how: str = ""


@dataclass(frozen=True)
class Loop:
    """A closed ring of edges on the finished garment: a hem, cuff, waist or neck, and the body axis it goes round.

    edges: (panel, edge) in order round the ring; axis: torso | left_leg | right_leg | left_arm | right_arm | neck.
    """

    name: str
    garment: int
    edges: tuple[tuple[str, str], ...]
    axis: str


@dataclass(frozen=True)
class Pattern:
    """All panels of a request, with seams, rings and points of measure."""

    garments: tuple[str, ...]  # names, e.g. "dress"
    fabrics: tuple[str, ...]  # fabric name per garment
    panels: tuple[Panel, ...]
    seams: tuple[Seam, ...]
    loops: tuple[Loop, ...] = ()
    measures: tuple[PointOfMeasure, ...] = ()
    notes: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)
    tacks: tuple[Tack, ...] = ()
    cut_only: tuple[Panel, ...] = ()  # cut and sewn on, but not simulated: pockets, facings, belts
    joins: tuple[Join, ...] = ()  # how those are sewn
    ties: tuple[Tie, ...] = ()

    @property
    def every_piece(self) -> tuple[Panel, ...]:
        """All that is cut: the panels that are simulated, then the other pieces."""
        return (*self.panels, *self.cut_only)

    def panel(self, name: str) -> Panel:
        """Return a piece by name."""
        return next(p for p in self.every_piece if p.name == name)
