"""The resolved request: frozen values with every default filled in, each with its source.

Measurements of garments stay in centimetres (None: drafting chooses from the body and the ease of the fit), those of
the wearer are metres, keyed by `toile.engine.core.measurements.Measurements` fields, and `mass` in kilograms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from toile.garments.spec import Note


@dataclass(frozen=True)
class ResolvedGarment:
    """One garment that this version can draft.

    category: what is drafted (`toile.garments.resolve.DRAFTED`), `asked` what was asked for;
    silhouette: straight | a_line | half_circle | circle | pencil | mermaid | tiered | pleated | wrap for dresses and skirts, straight | skinny | tapered | wide |
    flared for trousers and shorts, straight | a_line for tops; neckline: crew | scoop | v | square | boat |
    mandarin | turtleneck | shirt_collar | peter_pan | lapel | hood | off_shoulder | halter | strapless | sweetheart; sleeve: sleeveless | cap |
    short | elbow | three_quarter | long; sleeve_style: set_in | raglan | bell | puff | bishop | dolman |
    kimono; waistline: natural | empire | drop | high | low. Lengths in cm: dresses, jumpsuits and tops from the side of the
    neck, a skirt, trousers and shorts from the top of the waist; sleeve from the shoulder tip; girths all round.
    """

    name: str
    category: str
    asked: str
    silhouette: str
    fit: str
    neckline: str
    sleeve: str
    sleeve_style: str
    waistline: str
    length: str
    length_cm: float | None
    waist_cm: float | None
    bust_cm: float | None
    hip_cm: float | None
    shoulder_cm: float | None
    sleeve_cm: float | None
    inseam_cm: float | None
    neck_cm: float | None
    hem_cm: float | None
    closure: str | None
    slit: bool
    pockets: bool
    details: tuple[str, ...]
    colour_name: str
    colour_hex: str
    print: str
    print_colours: tuple[str, ...]
    fabric: str
    layer: int
    print_scale_cm: float | None = None
    lap: str = "right"


@dataclass(frozen=True)
class ResolvedWearer:
    """The body to fit: sex, measurements [m] by `Measurements` field and `mass` [kg], the source of each."""

    sex: str
    measurements: Mapping[str, float]
    sources: Mapping[str, str]


@dataclass(frozen=True)
class ResolvedMotion:
    """What the wearer does, for how long [s], at how many frames a second."""

    name: str
    seconds: float
    fps: int


@dataclass(frozen=True)
class ResolvedViews:
    """Camera azimuths [degrees]: 0 front, 90 the wearer's left, 180 back."""

    azimuths_deg: tuple[float, ...]


@dataclass(frozen=True)
class ResolvedRequest:
    """Everything the pipeline needs; `sources` maps a field's path to stated | inferred | default."""

    garments: tuple[ResolvedGarment, ...]
    wearer: ResolvedWearer
    motion: ResolvedMotion
    views: ResolvedViews
    sources: Mapping[str, str]
    notes: tuple[Note, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        document: dict[str, Any] = {
            "garments": [asdict(garment) for garment in self.garments],
            "wearer": asdict(self.wearer),
            "motion": asdict(self.motion),
            "views": asdict(self.views),
        }
        document["sources"] = dict(self.sources)
        document["notes"] = [note.model_dump(mode="json") for note in self.notes]
        return document
