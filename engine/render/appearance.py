"""Inverse rendering: colours, a print and lighting from pictures of a garment; a shape's parameters from its silhouette.

`fit_appearance` minimises the squared difference of display values over materials and lights with Adam (Kingma and Ba
2015); `fit_shape` the difference of silhouettes over a few parameters of the shape, by Gauss-Newton steps. What a
picture shows is albedo times light: the body, whose colour is known, tells them apart.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from toile.engine.core.errors import BadInput
from toile.engine.core.files import Progress, silent
from toile.engine.render.differentiable import DrawSettings, draw
from toile.engine.render.fragments import View
from toile.engine.render.scene import Camera
from toile.engine.render.surface import BODY_MATERIALS
from toile.engine.render.torch_scene import TorchScene
from toile.shaders.torch_shading import Lights, Materials, Texture

PARTS = ("colour", "texture", "light", "key_direction")


@dataclass(frozen=True)
class Appearance:
    """What was recovered.

    materials, lights (one a picture): with which the scene renders the targets; error: root mean square difference of
    display values, 0-1, over the figure; history: of each step; colours (G, 3): linear albedo of each garment.
    """

    materials: Materials
    lights: tuple[Lights, ...]
    error: float
    history: tuple[float, ...]

    @property
    def colours(self) -> NDArray[np.float32]:
        """Return the albedo of each garment, linear; the mean where a garment has a texture."""
        rows = self.materials.base.detach()[BODY_MATERIALS:].clone()
        for i, texture in enumerate(self.materials.textures[BODY_MATERIALS:]):
            if texture is not None:
                rows[i] = texture.image.detach().mean((0, 1))
        return np.asarray(rows.cpu().numpy(), np.float32)


def fit_appearance(
    scene: TorchScene,
    targets: Sequence[NDArray[np.uint8]],
    cameras: Sequence[Camera],
    *,
    recover: Sequence[str] = ("colour", "light"),
    tile_m: tuple[float, float] = (0.1, 0.1),
    tile_pixels: int = 32,
    steps: int = 120,
    progress: Progress = silent,
) -> Appearance:
    """Recover how garments look, and how they are lit, from pictures of them.

    Args:
        scene: the posed garments; its materials are where the search starts.
        targets: pictures, uint8 sRGB (H, W, 3), each as its camera sees the scene.
        cameras: one a target.
        recover: any of "colour" (albedo of each garment), "texture" (a tile of each garment, instead of its colour),
            "light" (radiance and tint of key, rim, fill and dome), "key_direction".
        tile_m, tile_pixels: size of the recovered tile and its resolution.
        steps: of Adam.
        progress: told how far it is.

    Raises:
        BadInput: no targets; as many cameras as targets are needed; a target of another size than its camera's, or not
            uint8 (H, W, 3); something to recover that is not in the list above.

    Skin keeps its colour, and so anchors the light. Without it in the picture albedo and light are known up to a factor.
    """
    wanted = [_checked(t, c) for t, c in zip(_paired(targets, cameras), cameras, strict=True)]
    unknown = [name for name in recover if name not in PARTS]
    if unknown or not recover:
        raise BadInput(f"Cannot recover {', '.join(unknown) or 'nothing'}; choose from: {', '.join(PARTS)}.")
    device = scene.body.device
    start = _Guess.of(scene, cameras, recover, tile_m, tile_pixels)
    optimiser = torch.optim.Adam(start.groups(), betas=(0.9, 0.95))
    goals = [torch.tensor(t, device=device).float() / 255.0 for t in wanted]
    settings = DrawSettings(samples=4)
    history: list[float] = []
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps, eta_min=1e-4)
    for step in range(steps + 1):
        materials, lights = start.values()
        loss = torch.zeros((), device=device)
        drawable = dataclasses.replace(scene.drawable, materials=materials)
        for goal, camera, light in zip(goals, cameras, lights, strict=True):
            picture = draw(drawable, View.of(camera, device), light, settings)
            loss = loss + ((picture.colour - goal) ** 2 * picture.alpha[..., None].detach()).sum() / (
                3.0 * picture.alpha.detach().sum().clamp_min(1.0)
            )
        history.append(float((loss.detach() / len(goals)).sqrt()))
        progress(step / steps, f"step {step} of {steps}, {255.0 * history[-1]:.1f}/255 off")
        if step == steps:
            break
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        schedule.step()
    return Appearance(
        _detached_materials(materials),
        tuple(_detached(light) for light in lights),
        history[-1],
        tuple(history),
    )


@dataclass
class _Guess:
    """The unknowns: logarithms of colours and of radiances, added to where the search starts."""

    materials: Materials
    lights: tuple[Lights, ...]
    tile_m: tuple[float, float]
    unknowns: dict[str, Tensor]

    @staticmethod
    def of(
        scene: TorchScene,
        cameras: Sequence[Camera],
        recover: Sequence[str],
        tile_m: tuple[float, float],
        tile_pixels: int,
    ) -> _Guess:
        count = scene.materials.kind.shape[0] - BODY_MATERIALS
        device = scene.body.device

        def zeros(*shape: int) -> Tensor:
            return torch.zeros(*shape, device=device, requires_grad=True)

        unknowns: dict[str, Tensor] = {}
        if "texture" in recover:
            unknowns["texture"] = zeros(count, tile_pixels, tile_pixels, 3)
        elif "colour" in recover:
            unknowns["colour"] = zeros(count, 3)
        if "light" in recover:
            unknowns |= {name: zeros(3) for name in ("key", "rim", "fill", "dome")}
        if "key_direction" in recover:
            unknowns["direction"] = zeros(3)
        return _Guess(scene.materials, tuple(scene.lights(c) for c in cameras), tile_m, unknowns)

    def groups(self) -> list[dict[str, object]]:
        """Return Adam's parameters with their rates."""
        rates = {"texture": 0.1, "direction": 0.02}
        return [{"params": [value], "lr": rates.get(name, 0.04)} for name, value in self.unknowns.items()]

    def values(self) -> tuple[Materials, tuple[Lights, ...]]:
        """Return materials and lights of the unknowns as they stand."""
        u, m = self.unknowns, self.materials
        if "colour" in u:
            base = m.base[BODY_MATERIALS:] * u["colour"].exp()
            m = m.replace(base=torch.cat([m.base[:BODY_MATERIALS], base.clamp(0.0, 1.0)]))
            scaled = [
                t if t is None or i < BODY_MATERIALS else self._scaled(t, u["colour"][i - BODY_MATERIALS])
                for i, t in enumerate(m.textures)
            ]
            m = m.replace(textures=tuple(scaled))
        if "texture" in u:
            tiles = [
                Texture((m.base[BODY_MATERIALS + i] * tile.exp()).clamp(0.0, 1.0), self.tile_m)
                for i, tile in enumerate(u["texture"])
            ]
            m = m.replace(textures=(None,) * BODY_MATERIALS + tuple(tiles))
        return m, tuple(self._light(light) for light in self.lights)

    def _scaled(self, texture: Texture, by: Tensor) -> Texture:
        return dataclasses.replace(texture, image=(texture.image * by.exp()).clamp(0.0, 1.0))

    def _light(self, light: Lights) -> Lights:
        u = self.unknowns
        if "key" in u:
            light = light.replace(
                key_colour=light.key_colour * u["key"].exp(),
                rim_colour=light.rim_colour * u["rim"].exp(),
                fill_colour=light.fill_colour * u["fill"].exp(),
                sky=light.sky * u["dome"].exp(),
                horizon=light.horizon * u["dome"].exp(),
                ground=light.ground * u["dome"].exp(),
            )
        if "direction" in u:
            moved = light.key_direction + u["direction"]
            light = light.replace(key_direction=moved / moved.norm())
        return light


@dataclass(frozen=True)
class Shape:
    """What `fit_shape` found: parameters (P,), root mean square error of the masks, and that of each step."""

    parameters: NDArray[np.float64]
    error: float
    history: tuple[float, ...]


def fit_shape(
    scene: TorchScene,
    deform: Callable[[Tensor], tuple[Tensor, Tensor]],
    silhouettes: Sequence[NDArray[np.floating]],
    cameras: Sequence[Camera],
    *,
    start: Sequence[float] = (0.0,),
    material: int | None = None,
    steps: int = 8,
) -> Shape:
    """Recover parameters of a shape from silhouettes: a hem's length, a body's height.

    Args:
        scene: the posed scene.
        deform: from parameters (P,) to (body, cloth) vertices [m], differentiable.
        silhouettes: (H, W), the share of each pixel that is covered, 0-1, one a camera.
        cameras: one a silhouette.
        start: the parameters to begin with.
        material: whose silhouette it is (0 skin, 3 + garment); the whole figure's when None.
        steps: Gauss-Newton steps at most for each of four scales.

    Raises:
        BadInput: as many cameras as silhouettes are needed, each of its camera's size, of finite numbers.

    Each step solves (J'J + mu diag) d = J'r for the difference r of the masks, both blurred: first by an eighth of the
    picture, so that outlines which lie far apart pull at each other, at last not at all.
    """
    _paired(silhouettes, cameras)
    for mask, camera in zip(silhouettes, cameras, strict=True):
        if np.shape(mask) != camera.size[::-1] or not np.isfinite(mask).all():
            raise BadInput(
                f"A silhouette is {np.shape(mask)} and its camera sees {camera.size[::-1]}; give finite shares of "
                "that shape (height, width)."
            )
    device = scene.body.device
    goals = [torch.tensor(np.asarray(m, np.float32), device=device) for m in silhouettes]
    parameters = torch.tensor(list(start), dtype=torch.float32, device=device)
    history: list[float] = []
    for share in (0.12, 0.04, 0.012, 0.0):
        for _ in range(steps):
            leaf = parameters.clone().requires_grad_()
            residuals, columns = [], []
            for goal, camera in zip(goals, cameras, strict=True):
                shown = _mask(scene, deform, leaf, camera, material)
                sigma = share * camera.size[1]
                residuals.append(_blurred((goal - shown.detach())[None], sigma).ravel())
                columns.append(_blurred(_columns(shown, leaf), sigma).reshape(len(leaf), -1))
            r, j = torch.cat(residuals), torch.cat(columns, dim=1)
            history.append(float((r**2).mean().sqrt()))
            square = j @ j.T
            square = square + torch.diag(1e-4 * square.diagonal() + 1e-12)
            step = torch.linalg.solve(square, j @ r)
            parameters = parameters + step
            if float((step.abs() / parameters.abs().clamp_min(1.0)).max()) < 1e-4:
                break
    final = [g - _mask(scene, deform, parameters, c, material) for g, c in zip(goals, cameras, strict=True)]
    error = float(torch.cat([(f**2).ravel() for f in final]).mean().sqrt())
    return Shape(parameters.cpu().double().numpy(), error, tuple(history))


def _mask(
    scene: TorchScene,
    deform: Callable[[Tensor], tuple[Tensor, Tensor]],
    parameters: Tensor,
    camera: Camera,
    material: int | None,
) -> Tensor:
    body, cloth = deform(parameters)
    picture = scene.render(camera, body=body, cloth=cloth, settings=DrawSettings(samples=16, colour=False))
    return picture.alpha if material is None else picture.masks[..., material]


def _columns(mask: Tensor, leaf: Tensor) -> Tensor:
    """Return the derivative of every pixel by every parameter (P, H, W): the transpose of a backward pass."""
    weights = torch.zeros_like(mask, requires_grad=True)
    (back,) = torch.autograd.grad(mask, leaf, weights, create_graph=True)
    rows = [torch.autograd.grad(back[i], weights, retain_graph=True)[0] for i in range(len(leaf))]
    return torch.stack(rows).detach()


def _blurred(images: Tensor, sigma: float) -> Tensor:
    """Return images (N, H, W) blurred by a Gaussian of `sigma` pixels."""
    if sigma < 0.5:
        return images
    reach = int(3.0 * sigma)
    x = torch.arange(-reach, reach + 1, device=images.device, dtype=images.dtype)
    kernel = torch.exp(-0.5 * (x / sigma) ** 2)
    kernel = kernel / kernel.sum()
    out = torch.nn.functional.conv2d(images[:, None], kernel[None, None, :, None], padding=(reach, 0))
    return torch.nn.functional.conv2d(out, kernel[None, None, None, :], padding=(0, reach))[:, 0]


def _paired(
    pictures: Sequence[NDArray[np.generic]], cameras: Sequence[Camera]
) -> Sequence[NDArray[np.generic]]:
    if len(pictures) == 0 or len(pictures) != len(cameras):
        raise BadInput(
            f"There are {len(pictures)} pictures and {len(cameras)} cameras; give at least one picture, and a camera each."
        )
    return pictures


def _checked(target: NDArray[np.generic], camera: Camera) -> NDArray[np.uint8]:
    """Return a target picture that can be used."""
    picture = np.asarray(target)
    width, height = camera.size
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
        raise BadInput(
            f"A target is {picture.dtype} {picture.shape}; give uint8 sRGB of shape (height, width, 3)."
        )
    if picture.shape[:2] != (height, width):
        raise BadInput(
            f"A target has {picture.shape[1]} x {picture.shape[0]} pixels and its camera {width} x {height}; "
            "resize one of them."
        )
    return picture


def _detached(lights: Lights) -> Lights:
    changes = {}
    for field in dataclasses.fields(lights):
        value = getattr(lights, field.name)
        if isinstance(value, Tensor):
            changes[field.name] = value.detach()
    return lights.replace(**changes)


def _detached_materials(materials: Materials) -> Materials:
    textures = [
        t if t is None else dataclasses.replace(t, image=t.image.detach()) for t in materials.textures
    ]
    return materials.replace(base=materials.base.detach(), textures=tuple(textures))
