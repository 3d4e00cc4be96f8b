"""Hair for the embedded body as a closed-looking shell over its scalp: a short crop swept back, and a low bun.

Strands follow meridians about a pole at the back of the head, from the hairline to the pole: hair that is combed back.
The shell rises from just under the skin at the hairline, so that where it leaves the skin is the hairline that is seen;
locks are ridges along the meridians. Everything is made on the average body and tied to it (`bind`).
"""

from dataclasses import dataclass

import numpy as np
import warp as wp
from numpy.typing import NDArray

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

CENTRE = np.array([0.0, 1.632, 0.045])  # m, in the head of the average body


@dataclass(frozen=True)
class Hair:
    """points (N, 3) and their places on the scalp, roots (N, 3) [m]; faces (T, 3); lines (T, 3, 2) [m] across and along."""

    points: F64
    roots: F64
    faces: I64
    lines: F64


@dataclass(frozen=True)
class Style:
    """hairline: (azimuth from the front [degrees], height [m]) of the left side, front to nape; pole: elevation [degrees]
    of the place at the back where strands meet; thickness [m] at top, sides, nape; locks [m]; bun: its radius [m] or 0."""

    hairline: tuple[tuple[float, float], ...]
    pole_deg: float
    top: float
    side: float
    nape: float
    locks: float
    bun: float


CROP = Style(
    ((0, 1.6915), (14, 1.6935), (28, 1.6920), (42, 1.6820), (54, 1.6690), (65, 1.6540), (73, 1.6390), (79, 1.6240), (85, 1.6180), (92, 1.6230),
     (101, 1.6240), (110, 1.6130), (119, 1.5950), (130, 1.5780), (146, 1.5690), (165, 1.5670), (180, 1.5670)),
    46.0, 0.0150, 0.0075, 0.0040, 0.0009, 0.0,
)  # fmt: skip
BUN = Style(
    ((0, 1.6905), (16, 1.6915), (32, 1.6870), (46, 1.6750), (58, 1.6610), (68, 1.6460), (75, 1.6320), (81, 1.6210), (87, 1.6180), (95, 1.6230),
     (103, 1.6220), (111, 1.6130), (120, 1.5970), (132, 1.5820), (148, 1.5720), (165, 1.5690), (180, 1.5690)),
    6.0, 0.0095, 0.0070, 0.0052, 0.0006, 0.026,
)  # fmt: skip
STYLES = {"crop": CROP, "bun": BUN}


class Scalp:
    """The skull without ears as a radius over directions from CENTRE, smooth, from the average body's triangles."""

    def __init__(self, triangles: F64, step_deg: float = 2.0) -> None:
        """Take the head's outer triangles (T, 3, 3)."""
        from scipy.interpolate import RectBivariateSpline
        from scipy.ndimage import distance_transform_edt, gaussian_filter

        self.elevation = np.radians(np.arange(-66.0, 90.01, step_deg))
        self.azimuth = np.radians(np.arange(-200.0, 200.01, step_deg))
        e, a = np.meshgrid(self.elevation, self.azimuth, indexing="ij")
        rays = direction(a, e).reshape(-1, 3)
        radius = nearest_hit(triangles, CENTRE, rays)[1].reshape(e.shape)
        seen = np.isfinite(radius)  # not through the eyes' sockets
        nearest = distance_transform_edt(~seen, return_distances=False, return_indices=True)
        radius = radius[tuple(nearest)]
        self.radius = gaussian_filter(radius, 1.2, mode="nearest")
        self.spline = RectBivariateSpline(self.elevation, self.azimuth, self.radius)

    def at(self, directions: F64) -> F64:
        """Return points (N, 3) on the scalp in unit directions (N, 3)."""
        e = np.arcsin(np.clip(directions[:, 1], -1.0, 1.0))
        a = np.arctan2(directions[:, 0], directions[:, 2])
        return CENTRE + directions * self.spline.ev(e, a)[:, None]

    def of_height(self, azimuth: F64, height: F64) -> F64:
        """Return unit directions (N, 3) to the scalp at an azimuth and a height [m]."""
        low, high = np.full(len(azimuth), -1.1), np.full(len(azimuth), 1.56)
        for _ in range(40):
            middle = 0.5 * (low + high)
            above = self.at(direction(azimuth, middle))[:, 1] > height
            low, high = np.where(above, low, middle), np.where(above, middle, high)
        return direction(azimuth, 0.5 * (low + high))


def direction(azimuth: F64, elevation: F64) -> F64:
    """Return unit vectors; azimuth 0 is the front, positive to the wearer's left."""
    c = np.cos(elevation)
    return np.stack([np.sin(azimuth) * c, np.sin(elevation), np.cos(azimuth) * c], -1)


@wp.kernel
def _first_hit(
    mesh: wp.uint64,
    origin: wp.vec3,
    rays: wp.array(dtype=wp.vec3),
    # outputs
    face: wp.array(dtype=int),
    place: wp.array(dtype=wp.vec3),
):
    """The triangle that a ray meets first, or -1, and (u, v, distance)."""
    i = wp.tid()
    q = wp.mesh_query_ray(mesh, origin, rays[i], 10.0)
    face[i] = -1
    if q.result:
        face[i] = q.face
        place[i] = wp.vec3(q.u, q.v, q.t)


def nearest_hit(triangles: F64, origin: F64, rays: F64) -> tuple[I64, F64, F64]:
    """Return the first triangle (N,) that rays (N, 3) from one origin meet, how far [m], and barycentric shares (N, 3)."""
    corners = wp.array(triangles.reshape(-1, 3).astype(np.float32), dtype=wp.vec3, device="cpu")
    mesh = wp.Mesh(corners, wp.array(np.arange(3 * len(triangles)), dtype=int, device="cpu"))
    given = wp.array(rays.astype(np.float32), dtype=wp.vec3, device="cpu")
    face = wp.zeros(len(rays), dtype=int, device="cpu")
    place = wp.zeros(len(rays), dtype=wp.vec3, device="cpu")
    wp.launch(_first_hit, len(rays), [mesh.id, wp.vec3(*origin), given], [face, place], device="cpu")
    best, u, v, far = face.numpy().astype(np.int64), *place.numpy().astype(np.float64).T
    return best, np.where(best >= 0, far, np.inf), np.clip(np.stack([u, v, 1.0 - u - v], 1), 0.0, 1.0)


def make_hair(scalp: Scalp, style: Style, around: int, along: int = 30) -> Hair:
    """Return the hair of a style over the average body's scalp."""
    pole = direction(np.array([np.pi]), np.radians([style.pole_deg]))[0]
    phi, start = _meridians(scalp, style, pole, around)
    t = np.linspace(0.0, 1.0, along + 1) ** 1.35  # rows stand closer at the hairline
    angle = np.arccos(np.clip(start @ pole, -1.0, 1.0))
    rows = [
        (np.sin((1.0 - s) * angle)[:, None] * start + np.sin(s * angle)[:, None] * pole)
        / np.sin(angle)[:, None]
        for s in t
    ]
    rays = np.stack(rows)  # (along + 1, around + 1, 3)
    rays[-1] = pole
    rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
    roots = scalp.at(rays.reshape(-1, 3)).reshape(rays.shape)
    away = np.concatenate(
        [np.zeros((1, around + 1)), np.cumsum(np.linalg.norm(np.diff(roots, axis=0), axis=-1), 0)]
    )
    height = _thickness(style, rays, away)
    whorl = np.exp(-(away[-1] - away) / 0.022) * (1.5 if style.bun <= 0.0 else 0.0)
    strand = phi + whorl  # near the pole strands turn
    ridge = _locks(strand, away, style)
    fade = (0.30 - 0.18 * np.abs(rays[..., 0]) ** 2 + 0.70 * np.clip(away / 0.05, 0.0, 1.0)) * np.clip(
        (1.0 - t)[:, None] * 2.0, 0.0, 1.0
    )
    points = roots + _normals(roots) * (height + ridge * fade)[:, :, None]
    faces, corners = _grid(along, around)
    radius = 0.085
    across = strand * radius
    flat = np.stack([across, away], -1).reshape(-1, 2)
    hair = Hair(points[:, :-1].reshape(-1, 3), roots[:, :-1].reshape(-1, 3), faces, flat[corners])
    return hair if style.bun <= 0.0 else _with_bun(hair, scalp, pole, style.bun)


def _meridians(scalp: Scalp, style: Style, pole: F64, around: int) -> tuple[F64, F64]:
    """Return angles about the pole (around + 1,), even, from below it round to below it, and where they meet the hairline."""
    from scipy.interpolate import PchipInterpolator

    table = np.array(style.hairline)
    line = PchipInterpolator(np.radians(table[:, 0]), table[:, 1])
    azimuth = np.linspace(-np.pi, np.pi, 2001)
    edge = scalp.of_height(azimuth, line(np.abs(azimuth)))
    side = np.cross(pole, [0.0, 1.0, 0.0])
    side /= np.linalg.norm(side)
    below = np.cross(pole, side)
    turn = np.unwrap(np.arctan2(edge @ side, edge @ below))
    if turn[-1] < turn[0]:
        turn = -turn
    turn = np.maximum.accumulate(turn) + 1e-7 * np.arange(len(turn))  # no meridian meets the hairline twice
    phi = np.linspace(-np.pi, np.pi, around + 1)
    place = np.linspace(turn[0], turn[-1], around + 1)
    return phi, np.stack([np.interp(place, turn, edge[:, i]) for i in range(3)], 1)


def _thickness(style: Style, rays: F64, away: F64) -> F64:
    up = np.clip((rays[..., 1] + 0.05) / 0.75, 0.0, 1.0)
    back = np.clip(-rays[..., 2], 0.0, 1.0)
    low = np.clip(-rays[..., 1] / 0.45, 0.0, 1.0) * back
    full = style.side + (style.top - style.side) * up * up * (3.0 - 2.0 * up)
    full = full + (style.nape - full) * low
    front = np.clip(rays[..., 2], 0.0, 1.0) * np.clip((rays[..., 1] - 0.35) / 0.3, 0.0, 1.0)
    rise = (
        0.017 - 0.004 * front + 0.020 * np.abs(rays[..., 0]) ** 3
    )  # flat round the ears, sooner up off the forehead
    under = 0.0014 - 0.0008 * np.abs(rays[..., 0]) ** 2
    return -under + (full + under) * (1.0 - np.exp(-((away / rise) ** 1.15)))


def _locks(phi: F64, away: F64, style: Style) -> F64:
    """Return ridges [m] along the meridians: sums of waves whose phase drifts from hairline to pole."""
    rng = np.random.default_rng(11)
    total = np.zeros_like(phi)
    for count, size in ((22, 0.55), (37, 0.45), (61, 0.35), (97, 0.2)):
        drift = rng.uniform(-1.0, 1.0) * 9.0
        wobble = 0.5 * np.sin(3.0 * phi + rng.uniform(0, 6.0)) + 0.35 * np.sin(
            7.0 * phi + rng.uniform(0, 6.0)
        )
        total += size * np.cos(count * phi + drift * away / 0.1 + 2.0 * wobble + rng.uniform(0, 6.0))
    return style.locks * total


def _normals(grid: F64) -> F64:
    """Return outward unit normals of a smooth closed grid (rows, columns, 3), away from CENTRE."""
    n = grid - CENTRE
    return n / np.linalg.norm(n, axis=-1, keepdims=True)


def _grid(along: int, around: int) -> tuple[I64, I64]:
    """Return faces of a grid of (along + 1) x around points, closed round, and the same in one of around + 1 columns."""
    i, j = np.meshgrid(np.arange(along), np.arange(around), indexing="ij")

    def faces(columns: int) -> I64:
        a, b = i * columns + j, i * columns + (j + 1) % columns
        c, d = a + columns, b + columns
        return np.concatenate(
            [np.stack([a, b, d], -1).reshape(-1, 3), np.stack([a, d, c], -1).reshape(-1, 3)]
        )

    return faces(around), faces(around + 1)


def _with_bun(hair: Hair, scalp: Scalp, pole: F64, radius: float) -> Hair:
    """Return the hair with a coiled knot at its pole."""
    base = scalp.at(pole[None])[0]
    up = np.array([0.0, 1.0, 0.0])
    side = np.cross(up, pole)
    side /= np.linalg.norm(side)
    up = np.cross(pole, side)
    around, along = 72, 26
    a = np.linspace(-np.pi, np.pi, around + 1)
    s = np.linspace(-0.62, 1.0, along + 1)  # -1 at the scalp, 1 at the outside
    lat, lon = np.meshgrid(s * np.pi / 2, a, indexing="ij")
    twist = lon + 2.2 * (lat / (np.pi / 2))
    wave = 0.045 * np.cos(5.0 * twist) + 0.018 * np.cos(13.0 * twist + 1.0) + 0.010 * np.cos(29.0 * twist)
    r = radius * (1.0 + wave * np.cos(lat) ** 0.5)
    dent = 1.0 - 0.12 * np.exp(-(((np.pi / 2 - lat) / 0.45) ** 2))  # where the coil begins
    centre = base + pole * (0.0075 + 0.55 * radius)
    local = (
        np.cos(lat)[..., None] * (np.cos(lon)[..., None] * side + 0.94 * np.sin(lon)[..., None] * up)
        + (0.70 * dent * np.sin(lat))[..., None] * pole
    )
    points = (centre + r[..., None] * local)[:, :-1].reshape(-1, 3)
    roots = np.repeat(base[None], len(points), 0)
    roots = roots + 0.5 * (points - centre - ((points - centre) @ pole)[:, None] * pole)
    faces, corners = _grid(along, around)
    lines = np.stack([twist * radius, radius * lat], -1).reshape(-1, 2)
    return Hair(
        np.concatenate([hair.points, points]),
        np.concatenate([hair.roots, roots]),
        np.concatenate([hair.faces, faces + len(hair.points)]),
        np.concatenate([hair.lines, lines[corners]]),
    )


@dataclass(frozen=True)
class Binding:
    """How N points hang on a head: p = sum share v[corner] + E way, E the edges from frame[0] to the other three vertices.

    corner, share (N, 3): the root in its triangle; way (N, 3): from the root, in the affine frame; frame (4,).
    """

    corner: I64
    share: F64
    way: F64
    frame: tuple[int, int, int, int]


def bind(hair: Hair, vertices: F64, faces: I64, frame: tuple[int, int, int, int]) -> Binding:
    """Tie hair to a head: each root to its triangle, the way out from it to an affine frame of four vertices.

    The points follow turns, shifts and growth of the head exactly, and are linear in its vertices.
    """
    rays = hair.roots - CENTRE
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    face, distance, share = nearest_hit(vertices[faces], CENTRE, rays)
    lost = ~np.isfinite(distance)
    if lost.any():
        raise SystemExit(
            f"{lost.sum()} roots lie beside the head, at {np.round(hair.roots[lost][:5], 3).tolist()}"
        )
    foot = CENTRE + rays * distance[:, None]
    edges = np.stack([vertices[k] - vertices[frame[0]] for k in frame[1:]], axis=1)
    return Binding(faces[face], share, np.linalg.solve(edges, (hair.points - foot).T).T, frame)
