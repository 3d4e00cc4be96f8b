"""OpenGL: its GLSL draws what torch computes, its pictures are near the default renderer's, and it says what is missing."""

import dataclasses

import numpy as np
import pytest
import torch

from toile.avatars.asset import load_body
from toile.avatars.mannequin import mannequin
from toile.engine.core.errors import Unsupported
from toile.engine.core.simulation import Simulation
from toile.engine.render.backends.glsl_program import structure_uniforms
from toile.engine.render.backends.opengl import Canvas, open_context
from toile.engine.render.frame import Renderer
from toile.engine.render.lighting import build_studio
from toile.engine.render.materials import build_materials
from toile.engine.render.scene import Camera, GarmentLook, Lighting, RenderSettings, Scene, views
from toile.engine.render.surface import BODY_MATERIALS
from toile.garments.fabric import fabric
from toile.shaders import material, tone
from toile.shaders.arrays import TorchOps, Vector, evaluate, structure
from toile.shaders.brdf import lobe_table
from toile.shaders.glsl import HEAD, fabric_glsl, nothing, type_of
from toile.shaders.studio import Studio

SIZE = (96, 64)
VERTEX = "in vec2 at; void main() { gl_Position = vec4(at, 0.0, 1.0); }"
FRAGMENT = """
uniform Material material; uniform Studio studio; uniform sampler2D table; uniform float footprint; uniform float extent;
out vec4 colour;
void main() {
  vec2 p = gl_FragCoord.xy / vec2(96.0, 64.0);
  Surface s = no_Surface();
  vec2 tilt = 1.8 * p - 0.9;
  s.n = normalize(vec3(tilt, 1.0));
  s.weft = normalize(vec3(1.0, 0.0, -s.n.x / s.n.z));
  s.warp = cross(s.n, s.weft);
  s.facing = 1.0;
  s.uv = extent * p;
  s.seam = 0.02 * p.x; s.row = 0.02 * p.y - 0.01;
  s.footprint = footprint;
  float light[6];
  light[0] = 0.30; light[1] = 0.31; light[2] = 0.33; light[3] = p.x; light[4] = p.y; light[5] = 0.8;
  colour = vec4(tone_map(shade(material, s, studio, light, vec3(0.0, 0.0, 1.0), table)), 1.0);
}
"""


@pytest.fixture(scope="module")
def drawing():
    """A context and the program in it."""
    try:
        context = open_context()
    except Unsupported as error:
        pytest.skip(str(error))
    source = "\n".join([HEAD, fabric_glsl(), nothing("Surface"), FRAGMENT])
    program = context.program(vertex_shader=HEAD + VERTEX, fragment_shader=source)
    table = lobe_table()
    texture = context.texture(table.shape[::-1], 1, table.tobytes(), dtype="f4")
    texture.use(0)
    corners = np.array([-1, -1, 3, -1, -1, 3], np.float32)
    quad = context.vertex_array(program, [(context.buffer(corners.tobytes()), "2f", "at")])
    target = context.framebuffer([context.renderbuffer(SIZE, 4, dtype="f4")])
    yield program, quad, target, texture
    context.release()


def drawn(drawing, record, studio, footprint, extent):
    """The image that OpenGL draws, (64, 96, 3)."""
    program, quad, target, _ = drawing
    uniforms = {**structure_uniforms("material", record), **structure_uniforms("studio", studio)}
    for name, value in {**uniforms, "footprint": footprint, "extent": extent, "table": 0}.items():
        if name in program:
            program[name].value = value
    target.use()
    quad.render()
    return np.frombuffer(target.read(components=4, dtype="f4"), np.float32).reshape(64, 96, 4)[:, :, :3]


def computed(record, studio, footprint, extent):
    """The same image in torch."""
    fields = {}
    for name, kind in material.Material.cls.__annotations__.items():
        value = record[name]
        fields[name] = kind(value) if kind in (int, float) else Vector(float(c) for c in value)
    lights = {}
    for name, kind in Studio.cls.__annotations__.items():
        value = getattr(studio, name)
        lights[name] = kind(value) if kind in (int, float) else Vector(float(c) for c in value)
    y, x = torch.meshgrid((torch.arange(64) + 0.5) / 64, (torch.arange(96) + 0.5) / 96, indexing="ij")
    x, y = x.ravel(), y.ravel()
    n = torch.stack([1.8 * x - 0.9, 1.8 * y - 0.9, torch.ones_like(x)], 1)
    n = n / n.norm(dim=1, keepdim=True)
    weft = torch.stack([torch.ones_like(x), torch.zeros_like(x), -n[:, 0] / n[:, 2]], 1)
    weft = weft / weft.norm(dim=1, keepdim=True)
    warp = torch.linalg.cross(n, weft)
    one, zero = torch.ones_like(x), torch.zeros_like(x)
    empty = {
        name: Vector((zero, zero, zero)) if "vec3" in type_of(kind) else zero
        for name, kind in material.Surface.cls.__annotations__.items()
    }
    given = {
        "n": Vector(n.T), "weft": Vector(weft.T), "warp": Vector(warp.T), "facing": one, "seam": 0.02 * x,
        "uv": Vector((extent * x, extent * y)), "row": 0.02 * y - 0.01, "footprint": torch.full_like(x, footprint),
    }  # fmt: skip
    s = structure(**{**empty, **given})
    light = Vector((0.30 * one, 0.31 * one, 0.33 * one, x, y, 0.8 * one))
    v = Vector((zero, zero, one))
    table = torch.tensor(lobe_table())
    radiance = evaluate(
        material.shade, TorchOps(), structure(**fields), s, structure(**lights), light, v, table
    )
    colour = evaluate(tone.tone_map, TorchOps(), radiance)
    return torch.stack(list(colour), 1).reshape(64, 96, 3).numpy()


CAMERA = Camera((0.0, 1.0, 3.0), (0.0, 1.0, 0.0))
LOOKS = [
    *((name, "solid") for name in ("cotton", "denim", "satin", "knit", "corduroy", "leather", "chiffon", "velvet", "lace")),
    *(("cotton", kind) for kind in ("stripes", "check", "dots", "floral")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "pattern"), LOOKS)
@pytest.mark.parametrize(("footprint", "extent"), [(0.00008, 0.012), (0.0015, 0.15)])
def test_the_image_of_a_cloth_is_the_same_in_glsl_and_torch(
    drawing, simulation, name, pattern, footprint, extent
):
    """To a quarter of a step of 255; a thread's edge may fall on the other side of a pixel's centre in 1 of 500."""
    record = build_materials(
        Scene(simulation, (GarmentLook(fabric(name), "#7a3b5c", pattern),)), "cpu"
    ).numpy()
    studio = build_studio(Lighting(), CAMERA)
    ours = drawn(drawing, record[BODY_MATERIALS], studio, footprint, extent)
    theirs = computed(record[BODY_MATERIALS], studio, footprint, extent)
    apart = np.abs(ours - theirs).max(-1)
    assert apart.shape == (64, 96)
    assert ours.std() > 0.01
    assert np.mean(apart > 0.25 / 255.0) < 0.002


def test_skin_is_the_same_in_glsl_and_torch(drawing, simulation):
    record = build_materials(Scene(simulation, (GarmentLook(fabric("cotton"), "#7a3b5c"),)), "cpu").numpy()
    studio = build_studio(Lighting(), CAMERA)
    ours, theirs = (make(record[0], studio, 0.002, 0.1) for make in (lambda *a: drawn(drawing, *a), computed))
    assert np.abs(ours - theirs).max() < 0.25 / 255.0


def decibels(a, b):
    """Peak signal to noise ratio of two pictures, of 255."""
    return -10.0 * np.log10(((a.astype(float) - b) ** 2).mean() / 255.0**2)


@pytest.mark.parametrize("name", ["cotton", "satin"])
def test_its_picture_is_near_the_default_renderers(drawing, simulation, name):
    """Figure and floor with their shadows; those on the figure are traced at vertices, so their edges are softer."""
    scene = Scene(simulation, (GarmentLook(fabric(name), "#7a3b5c"),))
    camera = views((20.0,), simulation, size=(128, 128))[0]
    renderer = Renderer(scene, RenderSettings(cloth_subdivisions=1, samples=4))
    renderer.pose(0)
    ours = Canvas(drawing[0].ctx, 4).draw(renderer, camera)
    theirs = renderer.picture(camera)[:, :, :3]
    face = renderer.buffers[128 * 128][0].numpy().reshape(128, 128)
    assert np.mean((ours.alpha > 0.5) == (face >= 0)) > 0.995
    inside, outside = (ours.alpha > 0.999) & (face >= 0), (ours.alpha == 0.0) & (face < 0)
    assert decibels(ours.picture[inside], theirs[inside]) > 30.0
    assert decibels(ours.picture[outside], theirs[outside]) > 42.0
    assert np.percentile(np.abs(ours.picture.astype(float) - theirs)[outside], 99) <= 3.0


def test_the_figure_shades_the_floor_unless_it_is_asked_not_to(drawing, simulation):
    """Where it does, it is as dark as the default renderer's, to 2 of 255 on average."""
    scene = Scene(simulation, (GarmentLook(fabric("cotton"), "#7a3b5c"),))
    camera = views((20.0,), simulation, size=(128, 128))[0]
    pictures = []
    for floor in (True, False):
        renderer = Renderer(scene, RenderSettings(cloth_subdivisions=1, samples=4, floor=floor))
        renderer.pose(0)
        drawn_by_gl = Canvas(drawing[0].ctx, 4).draw(renderer, camera)
        pictures.append((drawn_by_gl.picture.astype(float), renderer.picture(camera).astype(float)))
    behind = drawn_by_gl.alpha == 0.0
    lost = [(without - shaded).mean(-1) for shaded, without in zip(*pictures, strict=True)]
    dark = behind & (lost[1] > 8.0)
    assert dark.sum() > 100
    assert abs(lost[0][dark].mean() - lost[1][dark].mean()) < 2.0
    assert np.corrcoef(lost[0][dark], lost[1][dark])[0, 1] > 0.9


@pytest.fixture(scope="module")
def bare():
    """The average body with a scrap of cloth inside its trunk."""
    asset = load_body()
    scrap = np.float32([[[0.0, 1.0, 0.0], [0.01, 1.0, 0.0], [0.0, 1.01, 0.0]]])
    one, none = np.zeros(1, np.int32), np.zeros((0, 2), np.int32)
    uv = np.float32([[[0, 0], [0.01, 0], [0, 0.01]]])
    return Simulation(
        asset.mean[None], asset.faces, asset.part_of_vertex, scrap, np.int32([[0, 1, 2]]), uv, one, one, none, none, 30.0
    )  # fmt: skip


def test_the_painted_face_is_the_default_renderers(drawing, bare):
    """Brows, lips and eyes: what paint changes is what it changes there."""
    camera = Camera((0.35, 1.66, 1.4), (0.0, 1.62, 0.05), 14.0, (128, 128))
    pictures = []
    for skin in (True, False):
        figure = dataclasses.replace(mannequin("female"), painted=skin)
        scene = Scene(bare, (GarmentLook(fabric("cotton"), "#2f5fa8"),), mannequin=figure)
        renderer = Renderer(scene, RenderSettings(cloth_subdivisions=0, samples=4))
        renderer.pose(0)
        pictures.append(
            (
                Canvas(drawing[0].ctx, 4).draw(renderer, camera).picture.astype(float),
                renderer.picture(camera).astype(float),
            )
        )
    assert decibels(*pictures[0]) > 32.0
    ours, theirs = ((painted - plain) for painted, plain in zip(*pictures, strict=True))
    stained = np.abs(theirs).max(-1) > 12.0
    assert stained.sum() > 150
    assert np.corrcoef(ours[stained].ravel(), theirs[stained].ravel())[0, 1] > 0.9


def test_cloth_under_chiffon_is_drawn(drawing, simulation):
    """Nothing is left out for lying behind thin cloth: the body shows through, so the skirt is darker than alone."""
    camera = views((0.0,), simulation, size=(96, 96))[0]
    pictures = []
    for name in ("chiffon", "cotton"):
        scene = Scene(simulation, (GarmentLook(fabric(name), "#f4f4f4"),))
        renderer = Renderer(scene, RenderSettings(cloth_subdivisions=1))
        renderer.pose(0)
        pictures.append(Canvas(drawing[0].ctx, 4).draw(renderer, camera).picture.astype(float))
    middle = np.s_[48:60, 44:52]
    assert pictures[0][middle].mean() < pictures[1][middle].mean() - 4.0
