"""Body measurements in metres, named by ISO 8559-1; the value that drafting takes, from a body or a tape."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Measurements:
    """Measurements of a body [m], ISO 8559-1 clause numbers in brackets."""

    height: float  # stature [5.1.1]
    bust: float  # bust or chest girth, tape horizontal at the fullest part [5.3.4]
    underbust: float  # [5.3.6]
    waist: float  # midway between lowest rib and iliac crest [5.3.10]
    hip: float  # at the greatest buttock prominence [5.3.13]
    neck: float  # neck base girth, through nape, side neck points and front neck point [5.3.3]
    shoulder: float  # across the back, shoulder tip to shoulder tip over the nape [5.4.3]
    back_length: float  # nape to waist along the back [5.4.5]
    front_length: float  # side neck point to waist over the bust point [5.4.8]
    arm_length: float  # shoulder tip to wrist, over the elbow [5.7.8]
    upper_arm: float  # girth [5.3.16]
    wrist: float  # girth [5.3.19]
    thigh: float  # girth just below the crotch [5.3.20]
    knee: float  # girth [5.3.22]
    calf: float  # girth [5.3.24]
    ankle: float  # girth [5.3.25]
    inseam: float  # crotch to floor, inside leg height [5.1.15]
    waist_height: float  # [5.1.10]
    hip_height: float  # [5.1.13]
    bust_height: float
    armpit_height: float  # underarm level, arms hanging
    nape_height: float  # cervicale height [5.1.3]
    shoulder_height: float  # height of the shoulder tip
    bust_point_distance: float  # between the bust points [5.4.13]
    head: float  # head girth [5.3.1]

    def as_cm(self) -> dict[str, float]:
        """Return every measurement in centimetres, keyed `name_cm`, rounded to 0.01 cm."""
        return {f"{f.name}_cm": round(100.0 * float(getattr(self, f.name)), 2) for f in fields(self)}


MEASUREMENT_NAMES: tuple[str, ...] = tuple(f.name for f in fields(Measurements))
