"""What is rendered: cameras, lights, the look of each garment, settings; and cameras that frame a whole animation.

Azimuth 0 looks at the front (camera on +Z), 90 at the wearer's left side (camera on +X), 180 at the back. The lights
stand relative to the camera, as if the wearer turned in a photographer's studio.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from toile.avatars.mannequin import Mannequin
from toile.engine.core.errors import BadInput
from toile.engine.core.simulation import Simulation
from toile.garments.fabric import Fabric
from toile.shaders.prints import PRINTS

F32 = NDArray[np.float32]
Vector = tuple[float, float, float]

LARGEST_PICTURE = 8192  # pixels a side


@dataclass(frozen=True)
class Camera:
    """A pinhole camera: position and target [m], vertical field of view [degrees], size (width, height) [pixels]."""

    position: Vector
    target: Vector
    fov_deg: float = 20.0
    size: tuple[int, int] = (512, 512)
    name: str = ""

    def __post_init__(self) -> None:
        width, height = self.size
        if not (1 <= width <= LARGEST_PICTURE and 1 <= height <= LARGEST_PICTURE):
            raise BadInput(
                f"A picture of {width} x {height} pixels cannot be made; choose 1 to {LARGEST_PICTURE} a side."
            )
        if not 1.0 <= self.fov_deg <= 150.0:
            raise BadInput(f"A field of view of {self.fov_deg:g} degrees cannot be used; choose 1 to 150.")
        gap = np.subtract(self.target, self.position)
        if not np.isfinite(gap).all():
            raise BadInput(
                f"A camera at {self.position} that looks at {self.target} cannot be; use finite metres."
            )
        if float(np.linalg.norm(gap)) < 1e-6:
            raise BadInput(f"The camera at {self.position} looks at its own place; move it or its target.")

    def at(self, frame: int) -> Camera:
        """Return the camera of a frame: this one, which stands still."""
        return self

    def axes(self) -> tuple[F32, F32, F32]:
        """Return the unit axes right, up and forward."""
        forward = np.subtract(self.target, self.position)
        forward = forward / np.linalg.norm(forward)
        up = np.array([0.0, 1.0, 0.0])
        if abs(forward[1]) > 0.999:
            up = np.array([0.0, 0.0, -np.sign(forward[1])])
        right = np.cross(forward, up)
        right = right / np.linalg.norm(right)
        return (
            right.astype(np.float32),
            np.cross(right, forward).astype(np.float32),
            forward.astype(np.float32),
        )

    def look_at(self) -> F32:
        """Return the world-to-camera matrix (4, 4); the camera looks along -Z, Y up (OpenGL, glTF)."""
        right, up, forward = self.axes()
        matrix = np.eye(4, dtype=np.float32)
        matrix[:3, :3] = np.stack([right, up, -forward])
        matrix[:3, 3] = -matrix[:3, :3] @ np.asarray(self.position, np.float32)
        return matrix

    def project(self, points: F32) -> F32:
        """Return pixel coordinates (x right, y down) and depth [m] of points (N, 3)."""
        right, up, forward = self.axes()
        d = np.asarray(points, np.float64) - np.asarray(self.position)
        depth = d @ forward
        scale = self.size[1] / (2.0 * np.tan(np.radians(self.fov_deg) / 2.0)) / np.maximum(depth, 1e-9)
        x = self.size[0] / 2.0 + (d @ right) * scale
        y = self.size[1] / 2.0 - (d @ up) * scale
        return np.stack([x, y, depth], axis=1).astype(np.float32)


@dataclass(frozen=True)
class CameraPath:
    """A camera that moves: one of one size for each frame, the last one for all that follow."""

    name: str
    cameras: tuple[Camera, ...]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height [pixels]."""
        return self.cameras[0].size

    def at(self, frame: int) -> Camera:
        """Return the camera of a frame."""
        return self.cameras[min(frame, len(self.cameras) - 1)]


@dataclass(frozen=True)
class Light:
    """A softbox relative to the camera: azimuth to the camera's right and elevation [degrees], radiance that a white
    surface facing it shows, linear colour, angular radius [degrees]."""

    azimuth_deg: float
    elevation_deg: float
    radiance: float
    colour: Vector = (1.0, 1.0, 1.0)
    radius_deg: float = 6.0


@dataclass(frozen=True)
class Lighting:
    """A studio: three softboxes, the dome round them, and a backdrop given in display colours."""

    key: Light = Light(-54.0, 36.0, 1.55, (1.0, 0.985, 0.96), 9.0)
    fill: Light = Light(40.0, 12.0, 0.22, (0.94, 0.97, 1.0), 20.0)
    rim: Light = Light(124.0, 30.0, 1.90, (0.97, 0.99, 1.0), 9.0)
    sky: Vector = (0.48, 0.495, 0.51)
    horizon: Vector = (0.31, 0.318, 0.327)
    ground: Vector = (0.22, 0.217, 0.213)
    backdrop_high: str = "#e6e8ea"
    backdrop_low: str = "#cecfd2"
    backdrop_corner: float = 0.22


@dataclass(frozen=True)
class GarmentLook:
    """How one garment looks: fabric record, colour `#rrggbb`, print, its colours and repeat [cm]."""

    fabric: Fabric
    colour: str
    print_kind: str = "solid"
    print_colours: tuple[str, ...] = ()
    print_scale_cm: float = 0.0

    def __post_init__(self) -> None:
        if self.print_kind not in PRINTS:
            raise BadInput(
                f"There is no print called {self.print_kind!r}; choose one of: {', '.join(PRINTS)}."
            )
        for value in (self.colour, *self.print_colours):
            hex_colour(value)


@dataclass(frozen=True)
class Scene:
    """A simulation with the look of each of its garments, the studio it stands in, and the figure that wears them."""

    simulation: Simulation
    looks: tuple[GarmentLook, ...]
    lighting: Lighting = field(default_factory=Lighting)
    mannequin: Mannequin = field(default_factory=Mannequin)

    def __post_init__(self) -> None:
        needed = int(self.simulation.garment_of_face.max()) + 1 if len(self.simulation.garment_of_face) else 0
        if len(self.looks) < needed:
            raise BadInput(
                f"The simulation has {needed} garments and {len(self.looks)} looks; give one look a garment."
            )


@dataclass(frozen=True)
class RenderSettings:
    """How well a picture is made.

    cloth_subdivisions, body_subdivisions: Loop steps; samples: rays a pixel for each of dome, key and rim (64 pixels
    share them through the filter); filter_passes; edge_samples: rays across an edge pixel (n x n, 1 for none);
    threads: frames in flight on the CPU; floor: draw the figure's shadow on the backdrop;
    alpha: cut the figure out of the studio, pictures are RGBA then; mannequin: instead of the scene's own.
    """

    cloth_subdivisions: int = 2
    body_subdivisions: int = 0
    samples: int = 1
    filter_passes: int = 3
    edge_samples: int = 3
    threads: int = 2
    device: str = ""
    floor: bool = True
    alpha: bool = False
    mannequin: Mannequin | None = None


PREVIEW = RenderSettings(cloth_subdivisions=1, samples=0, filter_passes=0, edge_samples=1)
"""Plain and quick: no shadows, no smooth edges."""

STILL = RenderSettings(cloth_subdivisions=2, body_subdivisions=1, samples=2, edge_samples=4)


def hex_colour(text: str) -> tuple[float, float, float]:
    """Return sRGB code values (0-1) of `#rrggbb`.

    Raises:
        BadInput: not six hexadecimal digits.
    """
    digits = text.strip().removeprefix("#")
    try:
        if len(digits) != 6:
            raise ValueError
        value = int(digits, 16)
    except ValueError as error:
        raise BadInput(
            f"{text!r} is not a colour; write it as six hexadecimal digits, such as #1f4e9c."
        ) from error
    return ((value >> 16) / 255.0, (value >> 8 & 255) / 255.0, (value & 255) / 255.0)


def views(
    azimuths_deg: Sequence[float],
    simulation: Simulation,
    *,
    size: tuple[int, int] = (512, 512),
    fov_deg: float = 16.0,
    margin: float = 0.07,
) -> tuple[Camera, ...]:
    """Return cameras that see the whole figure in every frame, all at the same distance and height.

    Args:
        azimuths_deg: 0 front, 90 the wearer's left, 180 back.
        simulation: body and cloth over all frames.
        size: width and height [pixels].
        fov_deg: vertical field of view.
        margin: share of the picture left free at each edge.

    Raises:
        BadInput: no azimuth, or one that is not a number; no points, or positions that are not finite.
    """
    if len(azimuths_deg) == 0 or not np.isfinite(np.asarray(azimuths_deg, np.float64)).all():
        raise BadInput(f"Views {list(azimuths_deg)} cannot be used; give at least one azimuth in degrees.")
    body, cloth = simulation.body_vertices, simulation.cloth_vertices
    points = np.concatenate([v.reshape(-1, 3) for v in (body[:, ::7], cloth[:, ::3], body[:1], cloth[:1])])
    if len(points) == 0 or not np.isfinite(points).all():
        raise BadInput(
            "The simulation has no finite positions to look at; run `toile simulate` on this look again."
        )
    low, high = points.min(axis=0), points.max(axis=0)
    centre = 0.5 * (low + high)
    directions = []
    for azimuth in azimuths_deg:
        a = np.radians(float(azimuth))
        directions.append(np.array([np.sin(a), 0.075, np.cos(a)]) / np.hypot(1.0, 0.075))
    tangent = np.tan(np.radians(fov_deg) / 2.0) * (1.0 - 2.0 * margin)
    aspect = size[0] / size[1]
    distance = 0.5
    shift = 0.0
    for direction in directions:
        # Centre the figure between head and feet as seen, then step back until all of it fits.
        camera = Camera(tuple(centre + direction), tuple(centre))
        right, up, forward = camera.axes()
        local = points - centre
        x, y, z = local @ right, local @ up, local @ forward
        middle = 0.5 * (y.min() + y.max())
        shift = middle if not shift else 0.5 * (shift + middle)
        need = np.maximum(np.abs(y - middle) / tangent, np.abs(x) / (tangent * aspect)) - z
        distance = max(distance, float(need.max()))
    target = centre + np.array([0.0, shift, 0.0])
    return tuple(
        Camera(
            tuple(float(c) for c in target + distance * direction),  # type: ignore[arg-type]
            tuple(float(c) for c in target),  # type: ignore[arg-type]
            fov_deg,
            size,
            f"{float(azimuth):g}",
        )
        for azimuth, direction in zip(azimuths_deg, directions, strict=True)
    )
