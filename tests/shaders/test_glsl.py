"""The translation into GLSL; that it draws what torch computes is tested with the OpenGL backend."""

import pytest

from toile.shaders.glsl import HEAD, fabric_glsl, nothing


def test_the_source_is_glsl_es_and_has_every_equation():
    text = fabric_glsl()
    for name in (
        "ggx",
        "charlie",
        "sheen_albedo",
        "weave",
        "print_colour",
        "shade_cloth",
        "shade_skin",
        "painted",
        "tone_map",
    ):
        assert f" {name}(" in text
    assert "wp." not in text
    assert HEAD.startswith("#version 300 es")


@pytest.mark.parametrize("name", ["Material", "Surface", "Studio"])
def test_every_field_of_a_structure_has_a_nothing(name):
    text = nothing(name)
    body = fabric_glsl().split(f"struct {name} {{")[1].split("}")[0]
    assert text.count(",") + 1 >= body.count(";")
    assert text.startswith(f"{name} no_{name}()")
