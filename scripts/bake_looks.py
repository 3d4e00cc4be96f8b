"""Bake the looks of the embedded body: a chart, what is painted on it, and hair; write `avatars/data/looks.npz`.

The chart lays the body over one picture (see `avatars/looks.py`): the face, folded along its midline and unrolled about a
vertical axis, the eyes, and a field for the rest in which height is how flushed the skin is. Everything is drawn here, in
millimetres of the average body's face; no picture from elsewhere is used.

    python scripts/bake_looks.py --out avatars/data/looks.npz
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))
from hair_shapes import STYLES, Scalp, bind, make_hair

from toile.avatars.asset import BodyAsset, load_body
from toile.avatars.looks import (
    EYE_SPAN,
    FACE_TOP,
    FACE_WIDTH,
    FIELD_LEFT,
    FLUSH_HIGH,
    FLUSH_LOW,
    LINE_SCALE,
    NEUTRAL,
    PAINT_SCALE,
    SHARE_SCALE,
    WAY_SCALE,
    digest_of_faces,
)  # fmt: skip
from toile.engine.core.body import PARTS

F64 = NDArray[np.float64]

SIZE = 640  # pixels a side
AXIS, RADIUS = (
    0.055,
    0.093,
)  # m: the vertical axis about which the face is unrolled, and where a millimetre is one
AROUND = 224  # columns of hair
WIDEST = 98.0  # degrees from the front
LOW, HIGH = 1.487, 1.722  # m
EYE_WIDE, IRIS = 0.80, 0.365  # in radii of the eyeball, seen from the front: the rim of its disc, the iris


def unrolled(points: F64) -> F64:
    """Return (|x| along the arc, height) [mm] of points on the face."""
    return 1e3 * np.stack([np.abs(np.arctan2(points[:, 0], points[:, 2] - AXIS)) * RADIUS, points[:, 1]], 1)


def face_chart(points: F64) -> F64:
    """Return places on the picture, 0-1, of points on the face."""
    place = unrolled(points) / (1e3 * np.array([np.radians(WIDEST) * RADIUS, 1.0]))
    u = np.clip(place[:, 0], 0.0, 1.0) * FACE_WIDTH
    v = FLUSH_LOW + np.clip((place[:, 1] - LOW) / (HIGH - LOW), 0.0, 1.0) * (FACE_TOP - FLUSH_LOW)
    return np.stack([u, v], 1)


def make_chart(asset: BodyAsset) -> F64:
    """Return the place of every vertex on the picture (V, 2)."""
    mean = asset.mean.astype(np.float64)
    head = asset.part_of_vertex == PARTS.index("head")
    azimuth = np.degrees(np.abs(np.arctan2(mean[:, 0], mean[:, 2] - AXIS)))
    ear = head & (np.abs(mean[:, 0]) > 0.0735) & (mean[:, 1] < 1.627) & (mean[:, 2] < 0.06)
    flush = flushed(asset, ear)
    chart = np.stack([np.full(len(mean), NEUTRAL), FLUSH_LOW + flush * (FLUSH_HIGH - FLUSH_LOW)], 1)
    on_face = head & ~ear & (azimuth < WIDEST + 20.0)
    chart[on_face] = face_chart(mean[on_face])
    eyes = asset.part_of_vertex == PARTS.index("eyes")
    for side in (1.0, -1.0):
        chosen = eyes & (mean[:, 0] * side > 0.0)
        ball = mean[chosen]
        centre = 0.5 * (ball.min(0) + ball.max(0))
        centre[2] = ball[:, 2].min() + 0.5 * np.ptp(ball[:, 0])
        d = ball - centre
        flat = d[:, :2] * [side, 1.0] / (EYE_WIDE * 0.5 * np.ptp(ball[:, 0]))
        flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1.0)
        flat[d[:, 2] < 0.0] *= 1.0 / np.maximum(
            np.linalg.norm(flat[d[:, 2] < 0.0], axis=1, keepdims=True), 1e-6
        )
        chart[chosen] = 0.5 * EYE_SPAN * (1.0 + flat)
    return chart


def flushed(asset: BodyAsset, ear: NDArray[np.bool_]) -> F64:
    """Return how flushed the skin is (V,), 0-1: elbows, knees, knuckles, fingertips, toes, heels, ears; else unevenly a little."""
    mean = asset.mean.astype(np.float64)
    joint = {n: asset.joint_mean[i].astype(np.float64) for i, n in enumerate(asset.joint_names)}
    part = np.array(PARTS)[asset.part_of_vertex]
    total = np.zeros(len(mean))

    def spot(at: F64, radius: float, strength: float, where: NDArray[np.bool_]) -> None:
        d = np.linalg.norm(mean - at, axis=1) / radius
        np.maximum(total, where * strength * np.exp(-0.5 * d * d), out=total)

    for side in ("left", "right"):
        hand, foot = part == f"{side}_hand", part == f"{side}_foot"
        spot(mean[asset.landmarks[f"{side}_elbow"]], 0.026, 0.24, np.char.startswith(part, side))
        spot(mean[asset.landmarks[f"{side}_knee"]], 0.036, 0.20, np.char.startswith(part, side))
        spot(joint[f"{side}_fingers"], 0.018, 0.26, hand)
        tips = asset.joint_of_weight == asset.joint_names.index(f"{side}_fingertips")
        np.maximum(total, hand * 0.34 * (tips * asset.weights).sum(1), out=total)
        toes = asset.joint_of_weight == asset.joint_names.index(f"{side}_toe")
        np.maximum(total, foot * 0.30 * (toes * asset.weights).sum(1), out=total)
        heel = mean[foot][np.argmin(mean[foot][:, 2])]
        spot(heel, 0.030, 0.28, foot)
    lumps = np.zeros(len(mean))
    rng = np.random.default_rng(5)
    for _ in range(24):
        k = rng.normal(size=3) * 45.0
        lumps += np.cos(
            np.abs(mean[:, 0]) * k[0] + mean[:, 1] * k[1] + mean[:, 2] * k[2] + rng.uniform(0, 6.28)
        )
    calm = np.clip((part == "neck") * 1.0 + (part == "head") * 1.0, 0.0, 1.0)
    total = np.clip(total + (0.025 + 0.022 * lumps / np.sqrt(12.0)) * (1.0 - calm), 0.0, 1.0)
    total[ear] = 0.30
    return total


def paint(hairline: F64, seed: int = 3) -> F64:
    """Return the picture (SIZE, SIZE, 3), row 0 at v = 0: factors of the skin's albedo, and of the eye's white.

    Args:
        hairline: points on it [m], shape (N, 3).
    """
    picture = np.ones((SIZE, SIZE, 3))
    v, u = np.meshgrid((np.arange(SIZE) + 0.5) / SIZE, (np.arange(SIZE) + 0.5) / SIZE, indexing="ij")
    x = np.clip(u / FACE_WIDTH, 0.0, 1.0) * np.radians(WIDEST) * RADIUS * 1e3
    y = 1e3 * (LOW + np.clip((v - FLUSH_LOW) / (FACE_TOP - FLUSH_LOW), 0.0, 1.0) * (HIGH - LOW))
    face = (v > EYE_SPAN) & (u < FIELD_LEFT)
    blood = np.array([1.0, 0.855, 0.83])
    tint = _flush(x, y)
    picture[face] = (1.0 + (blood - 1.0) * tint[..., None])[face]
    field = np.clip((v - FLUSH_LOW) / (FLUSH_HIGH - FLUSH_LOW), 0.0, 1.0)
    field = field * np.clip((u - FIELD_LEFT - 0.015) / 0.02, 0.0, 1.0)  # what joins it to the face is skin
    rest = (v > EYE_SPAN) & (u >= FIELD_LEFT)
    picture[rest] = (1.0 + (blood * blood - 1.0) * field[..., None])[rest]
    rng = np.random.default_rng(seed)
    features = _Face(x, y, rng, unrolled(hairline[hairline[:, 2] > 0.02]))
    quiet = np.clip((x - 84.0) / 20.0, 0.0, 1.0) + np.clip((1505.0 - y) / 12.0, 0.0, 1.0)
    for layer, colour in features.layers():
        alpha = (layer * (1.0 - np.clip(quiet, 0.0, 1.0)))[..., None]
        picture[face] = (picture * (1.0 - alpha + alpha * np.asarray(colour)))[face]
    eye = (v <= EYE_SPAN) & (u <= EYE_SPAN)
    picture[eye] = _eye(u, v, rng)[eye]
    return picture


def _flush(x: F64, y: F64) -> F64:
    def spot(cx: float, cy: float, sx: float, sy: float) -> F64:
        return np.exp(-0.5 * (((x - cx) / sx) ** 2 + ((y - cy) / sy) ** 2))

    total = 0.62 * spot(43.0, 1588.0, 15.0, 11.0) + 0.40 * spot(0.0, 1584.0, 11.0, 9.0)
    total += (
        0.22 * spot(0.0, 1526.0, 14.0, 8.0)
        + 0.20 * spot(34.0, 1609.0, 15.0, 4.0)
        + 0.10 * spot(0.0, 1668.0, 40.0, 20.0)
    )
    inside = np.clip((100.0 - x) / 25.0, 0.0, 1.0) * np.clip((y - 1495.0) / 15.0, 0.0, 1.0)
    return np.clip(total, 0.0, 1.0) * inside


class _Face:
    """Soft masks over the face in millimetres: brows, lashes, lids, lips."""

    def __init__(self, x: F64, y: F64, rng: np.random.Generator, hairline: F64) -> None:
        self.x, self.y, self.rng, self.hairline = x, y, rng, hairline

    def layers(self) -> list[tuple[F64, tuple[float, float, float]]]:
        """Return masks 0-1 and the albedo factor of each."""
        return [
            (0.65 * self.down(), (0.56, 0.52, 0.50)),
            (0.75 * self.lid(), (0.80, 0.68, 0.64)),
            (0.80 * self.lips(), (0.80, 0.53, 0.53)),
            (0.55 * self.mouth_line(), (0.45, 0.30, 0.30)),
            (0.92 * self.brow(), (0.24, 0.19, 0.165)),
            (0.95 * self.lashes(), (0.08, 0.065, 0.06)),
            (0.30 * self.lower_lashes(), (0.35, 0.28, 0.26)),
        ]

    def between(self, low: F64, high: F64, soft: float) -> F64:
        """Return 1 where y lies between two heights (of x), softened over `soft` mm."""
        return _step((self.y - low) / soft) * _step((high - self.y) / soft)

    def curve(self, *knots: tuple[float, float]) -> F64:
        """Return a smooth height over x through knots."""
        from scipy.interpolate import PchipInterpolator

        k = np.array(knots)
        return np.asarray(PchipInterpolator(k[:, 0], k[:, 1])(np.clip(self.x, k[0, 0], k[-1, 0])))

    def down(self) -> F64:
        """Return the short hair along the hairline, which has no edge."""
        from scipy.spatial import cKDTree

        away, _ = cKDTree(self.hairline).query(np.stack([self.x, self.y], -1))
        strokes = _streaks(self.y, self.x + 0.35 * self.y, self.rng)
        return np.clip(np.exp(-away / 3.8) * (0.9 + 0.35 * strokes), 0.0, 1.0)

    def brow(self) -> F64:
        low = self.curve(
            (9.0, 1632.6), (18.0, 1634.2), (30.0, 1636.9), (39.0, 1638.0), (46.0, 1636.0), (52.0, 1632.6)
        )
        high = self.curve(
            (9.0, 1638.6), (18.0, 1641.0), (30.0, 1643.2), (39.0, 1642.7), (46.0, 1639.2), (52.0, 1633.8)
        )
        ends = _step((self.x - 9.8) / 3.4) * _step((51.6 - self.x) / 2.0)
        body = self.between(low, high, 1.1) * ends
        lean = np.interp(self.x, [9.0, 20.0, 38.0, 52.0], [1.0, 0.6, 0.05, -0.5])
        strokes = _streaks(self.x + 0.0 * self.y, self.y - lean * (self.x - 30.0), self.rng)
        return np.clip(body * (0.88 + 0.13 * strokes), 0.0, 1.0)

    def upper_edge(self) -> F64:
        return self.curve((22.5, 1617.0), (23.7, 1618.4), (25.7, 1620.9), (29.1, 1622.2), (33.5, 1622.7), (37.4, 1622.5), (41.2, 1621.9),
                          (44.4, 1621.2), (47.0, 1619.9), (49.0, 1618.6), (52.5, 1618.4))  # fmt: skip

    def lashes(self) -> F64:
        edge = self.upper_edge()
        thick = np.interp(self.x, [23.0, 27.0, 36.0, 46.0, 48.5, 52.0], [0.4, 1.0, 1.4, 1.6, 1.2, 0.1])
        ends = _step((self.x - 23.6) / 1.2) * _step((51.0 - self.x) / 1.6)
        return self.between(edge - 1.1, edge + thick, 0.35) * ends

    def lower_lashes(self) -> F64:
        edge = self.curve(
            (22.9, 1616.4), (25.7, 1615.1), (30.3, 1614.3), (38.3, 1614.3), (44.5, 1615.4), (48.3, 1617.1)
        )
        ends = _step((self.x - 30.0) / 4.0) * _step((48.0 - self.x) / 1.5)
        return self.between(edge - 0.9, edge + 0.5, 0.4) * ends

    def lid(self) -> F64:
        edge = self.upper_edge()
        high = self.curve((20.0, 1622.0), (26.0, 1626.5), (36.0, 1629.5), (46.0, 1627.0), (54.0, 1621.0))
        ends = _step((self.x - 22.0) / 4.0) * _step((53.0 - self.x) / 5.0)
        return self.between(edge - 0.5, high, 2.2) * ends

    def lips(self) -> F64:
        top = self.curve(
            (0.0, 1555.9), (4.0, 1557.3), (6.5, 1557.6), (12.0, 1555.0), (18.0, 1552.0), (24.5, 1549.3)
        )
        bottom = self.curve((0.0, 1538.8), (6.0, 1539.3), (12.0, 1541.4), (18.0, 1545.0), (24.5, 1548.9))
        return self.between(bottom, top, 0.9) * _step((24.6 - self.x) / 1.2)

    def mouth_line(self) -> F64:
        line = self.curve((0.0, 1549.2), (5.0, 1549.6), (12.0, 1549.9), (19.0, 1549.5), (25.0, 1548.9))
        return self.between(line - 0.45, line + 0.45, 0.5) * _step((26.0 - self.x) / 1.5)


def _streaks(x: F64, y: F64, rng: np.random.Generator) -> F64:
    """Return fine strokes along x - constant lines, in -1 … 1, 0.5 mm apart."""
    table = rng.uniform(-1.0, 1.0, 4096)
    place = (y - y.min()) / 0.55
    i = np.floor(place).astype(int)
    f = place - i
    f = f * f * (3.0 - 2.0 * f)
    return table[i % 4096] * (1.0 - f) + table[(i + 1) % 4096] * f


def _eye(u: F64, v: F64, rng: np.random.Generator) -> F64:
    """Return the eye's picture: white, iris with a dark rim, pupil, as seen from the front."""
    dx, dy = (u / EYE_SPAN - 0.5) * 2.0, (v / EYE_SPAN - 0.5) * 2.0
    away = EYE_WIDE * np.hypot(dx, dy)
    turn = np.arctan2(dy, dx)
    white = (
        np.array([1.0, 0.97, 0.95]) * np.clip(1.0 - 0.22 * _step((away - 0.55) / 0.25), 0.0, 1.0)[..., None]
    )
    fibres = sum(a * np.cos(n * turn + rng.uniform(0, 6.28)) for n, a in ((11, 0.3), (23, 0.35), (41, 0.35)))
    inner = np.array([0.150, 0.098, 0.066])
    outer = np.array([0.070, 0.048, 0.038])
    share = np.clip(away / IRIS, 0.0, 1.0)[..., None]
    iris = inner + (outer - inner) * share**1.5
    iris = iris * (1.0 + 0.22 * fibres[..., None] * (1.0 - share))
    rim = _step((away - 0.80 * IRIS) / (0.10 * IRIS))[..., None]
    iris = iris * (1.0 - 0.55 * rim)
    pupil = _step((0.40 * IRIS - away) / (0.05 * IRIS))[..., None]
    iris = iris * (1.0 - pupil) + np.array([0.012, 0.011, 0.011]) * pupil
    edge = _step((IRIS - away) / (0.075 * IRIS))[..., None]
    return white * (1.0 - edge) + iris * edge


def _step(x: F64) -> F64:
    """Return a smooth step from 0 at -1 to 1 at 1."""
    t = np.clip(0.5 + 0.5 * x, 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def frame_of_head(asset: BodyAsset) -> tuple[int, int, int, int]:
    """Return four vertices that span the head and that no cloth covers: the throat's back wall, the brow, both temples."""
    mean = asset.mean.astype(np.float64)
    head = np.flatnonzero((asset.part_of_vertex == PARTS.index("head")) & (np.abs(mean[:, 0]) < 1e-6))
    inner = head[np.argmin(np.linalg.norm(mean[head] - [0.0, 1.56, 0.046], axis=1))]
    temple = int(np.argmin(np.linalg.norm(mean - [0.064, 1.628, 0.095], axis=1)))
    return int(inner), asset.landmarks["brow"], temple, int(asset.mirror[temple])


def hair_arrays(asset: BodyAsset) -> tuple[dict[str, Any], F64]:
    """Return the arrays of every style of hair, by name, and points on the hairline (N, 3)."""
    mean = asset.mean.astype(np.float64)
    near = np.isin(asset.part_of_vertex[asset.faces], [PARTS.index("head"), PARTS.index("neck")]).any(1)
    outer = asset.faces[asset.collider & near]
    scalp = Scalp(mean[outer])
    frame = frame_of_head(asset)
    arrays: dict[str, Any] = {}
    hairlines: list[F64] = []
    for name, style in STYLES.items():
        hair = make_hair(scalp, style, AROUND)
        hairlines.append(hair.roots[:AROUND])
        tied = bind(hair, mean, outer, frame)
        corner = hair.points[hair.faces]
        normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
        outward = (normal * (corner.mean(1) - hair.roots[hair.faces].mean(1))).sum(1) > 0.0
        print(f"  {name}: {100.0 * outward.mean():.1f} % of the faces look outwards")
        arrays |= {
            f"{name}_corner": tied.corner.astype(np.uint16),
            f"{name}_share": np.rint(tied.share[:, 1:] * SHARE_SCALE).astype(np.uint16),
            f"{name}_way": np.rint(tied.way * WAY_SCALE).astype(np.int16),
            f"{name}_frame": np.array(tied.frame, np.uint16),
            f"{name}_faces": hair.faces.astype(np.uint16),
            f"{name}_lines": np.rint(hair.lines * LINE_SCALE).astype(np.int16),
        }
    return arrays, 0.5 * (hairlines[0] + hairlines[1])


def main() -> None:
    """Bake and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("avatars/data/looks.npz"))
    out: Path = parser.parse_args().out
    asset = load_body()
    rng = np.random.default_rng(1)
    hair, hairline = hair_arrays(asset)
    picture = paint(hairline) * PAINT_SCALE + rng.uniform(-0.5, 0.5, (SIZE, SIZE, 1))
    arrays = {
        "digest": np.array(digest_of_faces(len(asset.mean), asset.faces)),
        "chart": np.round(make_chart(asset) * 65535).astype(np.uint16),
        "paint": np.clip(np.rint(picture), 0, 255).astype(np.uint8),
        **hair,
    }
    np.savez_compressed(out, **arrays)
    print(f"{out}: {out.stat().st_size / 1e3:.0f} kB")
    for name in STYLES:
        print(f"  {name}: {len(arrays[f'{name}_corner'])} points, {len(arrays[f'{name}_faces'])} faces")


if __name__ == "__main__":
    main()
