"""The fabrics as a Mitsuba BSDF: the shading functions of `toile.shaders`, evaluated on Dr.Jit arrays.

f cos = base / pi (1 - E_sheen(n.v)) n.l  +  (gloss F D V + sheen D_c V_c) n.l, and on the far side of thin cloth
0.8 t base / pi |n.l|, as `shade_cloth` has it for the light of one direction; thin cloth lets the share
(0.9 t)^(1 / cos) pass straight through. Directions are drawn from a mixture of a cosine lobe and GGX's own normals.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from toile.shaders.arrays import Array, Ops, Vector, evaluate, structure


def fields() -> dict[str, int]:
    """Return the fields of the shader's `Material`: 0 for a whole number, 1 for a number, 3 for a colour."""
    from toile.shaders.material import Material
    from toile.shaders.one_source import fields_of

    kinds = {int: 0, float: 1}
    return {name: kinds.get(kind, 3) for name, kind in fields_of(Material).items()}


class DrJitOps(Ops):
    """Dr.Jit arrays of one Mitsuba variant."""

    def __init__(self, mi: Any) -> None:
        import drjit as dr

        self.mi, self.dr = mi, dr

    def where(self, mask: Array, a: Array, b: Array) -> Array:
        return self.dr.select(mask, a, b)

    def any(self, mask: Array) -> bool:
        return True

    def real(self, x: Array) -> Array:
        return self.mi.Float(x)

    def whole(self, x: Array) -> Array:
        return self.mi.Int32(x) if not isinstance(x, int) else x

    def unsigned(self, x: Array) -> Array:
        return self.mi.UInt32(x if not isinstance(x, int) else x % 2**32)

    def divide(self, a: Array, b: Array) -> Array:
        if isinstance(a, self.mi.Int32 | int) and isinstance(b, self.mi.Int32 | int):
            return a // b
        return a / b

    def call(self, name: str, *x: Array) -> Array:
        dr = self.dr
        functions = {
            "sqrt": dr.sqrt, "sin": dr.sin, "cos": dr.cos, "floor": dr.floor, "abs": dr.abs, "log2": dr.log2, "asin": dr.asin,
            "pow": dr.power, "min": dr.minimum, "max": dr.maximum, "atan2": dr.atan2,
        }  # fmt: skip
        return functions[name](*x)

    def look_up(self, table: Array, row: Array, column: Array) -> Array:
        width, values = table
        return self.dr.gather(self.mi.Float, values, self.mi.UInt32(row * width + column))


def material_properties(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a material's record (`Renderer.materials.numpy()`) as properties of the BSDF."""
    found: dict[str, Any] = {}
    for name, size in fields().items():
        if size == 3:
            found |= {f"{name}_{i}": float(record[name][i]) for i in range(3)}
        else:
            found[name] = float(record[name]) if size else int(record[name])
    return found


@functools.cache
def register(mi: Any, variant: str) -> str:
    """Register the BSDF with the active variant of Mitsuba, once; return its plugin's name."""
    import drjit as dr

    from toile.shaders import brdf, material, weave

    ops = DrJitOps(mi)
    size = brdf.SHEEN_TABLE_SIZE
    table = (size, mi.Float(np.ascontiguousarray(brdf.lobe_table().ravel())))

    def of(function: Any, *arguments: Any) -> Any:
        return evaluate(function, ops, *arguments)

    def vector(v: Any) -> Vector:
        return Vector((v.x, v.y, v.z))

    class Fabric(mi.BSDF):  # type: ignore[misc]
        """One material of a scene."""

        def __init__(self, props: Any) -> None:
            mi.BSDF.__init__(self, props)
            found: dict[str, Any] = {}
            for name, size in fields().items():
                if size == 3:
                    found[name] = Vector(float(props[f"{name}_{i}"]) for i in range(3))
                else:
                    found[name] = float(props[name]) if size else int(props[name])
            self.m = structure(**found)
            self.thin = self.m.transmission > 0.0
            self.footprint = float(props.get("footprint", 0.004))
            self.share = (
                0.5 if self.m.kind == material.SKIN else float(np.clip(0.75 - self.m.alpha_warp, 0.15, 0.5))
            )
            lobe = mi.BSDFFlags.GlossyReflection | mi.BSDFFlags.FrontSide | mi.BSDFFlags.BackSide
            lobe = lobe | mi.BSDFFlags.Anisotropic
            if self.thin:
                lobe = lobe | mi.BSDFFlags.DiffuseTransmission
            self.m_components = [lobe]
            if self.thin:
                self.m_components = [lobe, mi.BSDFFlags.Null | mi.BSDFFlags.FrontSide | mi.BSDFFlags.BackSide]
            self.m_flags = self.m_components[0] if not self.thin else lobe | self.m_components[1]

        def frame(self, si: Any) -> tuple[Any, Any, Any, Any]:
            """Return the normal towards the viewer, weft and warp, in world space, and the albedo."""
            eye = si.to_world(si.wi)
            side = dr.select(dr.dot(si.n, eye) < 0.0, -1.0, 1.0)
            n = si.sh_frame.n
            n = dr.select(dr.dot(n, si.n) < 0.0, -n, n) * side
            short = dr.maximum(0.03 - dr.dot(n, eye), 0.0)
            n = dr.normalize(n + short * eye)
            weft = mi.Vector3f(si.shape.eval_attribute_3("vertex_weft", si))
            weft = dr.normalize(weft - dr.dot(weft, n) * n)
            warp = dr.cross(n, weft) * side
            base = self.m.base
            if self.m.kind == material.CLOTH:
                place = si.shape.eval_attribute_3("vertex_lines", si)
                s = structure(
                    uv=Vector((si.uv.x, si.uv.y)),
                    seam=place.x,
                    row=place.y,
                    footprint=self.footprint,
                    facing=side,
                )
                base = of(material.cloth_colour, self.m, s)
                w = of(weave.weave, self.m.weave_kind, si.uv.x, si.uv.y, self.m.yarn, self.footprint)
                base = base * ops.call("max", w[0], 0.2)
                n = dr.normalize(n - (self.m.bump * side) * (w[1] * weft + w[2] * warp))
            return n, weft, warp, base

        def value(self, si: Any, wo: Any, parts: Any) -> Any:
            """Return f cos towards a direction of the shading frame."""
            n, weft, warp, base = parts
            v, l = si.to_world(si.wi), si.to_world(wo)  # noqa: E741
            nl, nv = dr.dot(n, l), dr.maximum(dr.dot(n, v), 0.04)
            h = dr.normalize(v + l)
            m, nine = self.m, (vector(n), vector(weft), vector(warp), vector(v), vector(l))
            d = of(brdf.ggx, *nine, m.alpha_weft, m.alpha_warp) * of(brdf.schlick, m.f0, dr.dot(v, h))
            if m.kind == material.SKIN:
                near = base * (1.0 / math.pi) + Vector((d, d, d))
                return mi.Spectrum(*near) * dr.maximum(nl, 0.0)
            albedo = of(brdf.sheen_albedo, table, nv, m.sheen_roughness)
            loss = 1.0 - max(m.sheen) * albedo
            alpha = max(m.sheen_roughness, 0.07) ** 2
            front = dr.maximum(nl, 0.0)
            nh = dr.clip(dr.dot(n, h), 0.0, 1.0)
            fuzz = of(brdf.charlie, front, nv, nh, alpha)
            near = base * (loss * (1.0 - 0.5 * m.transmission) / math.pi) + m.gloss * d + m.sheen * fuzz
            far = base * (loss * (0.8 * m.transmission / math.pi))
            clear = self.clear(si)
            out = mi.Spectrum(*near) * front
            if self.thin:
                out = dr.select(nl > 0.0, out, mi.Spectrum(*far) * -nl) * (1.0 - clear)
            return out

        def clear(self, si: Any) -> Any:
            """Return the share of light that passes straight through."""
            if not self.thin:
                return mi.Float(0.0)
            c = dr.maximum(dr.abs(mi.Frame3f.cos_theta(si.wi)), 0.2)
            return dr.power(0.9 * self.m.transmission, 1.0 / c)

        def density(self, si: Any, wo: Any, n: Any) -> Any:
            v, l = si.to_world(si.wi), si.to_world(wo)  # noqa: E741
            nl = dr.dot(n, l)
            h = dr.normalize(v + l)
            a2 = self.roughness() ** 2
            nh = dr.maximum(dr.dot(n, h), 0.0)
            bend = nh * nh * (a2 - 1.0) + 1.0
            lobe = a2 * nh / (math.pi * bend * bend) / dr.maximum(4.0 * dr.dot(v, h), 1e-4)
            wide = (0.5 if self.thin else 1.0) * dr.abs(nl) / math.pi
            if not self.thin:
                wide = dr.select(nl > 0.0, wide, 0.0)
            lobe = dr.select(nl > 0.0, lobe, 0.0)
            return (1.0 - self.share) * wide + self.share * lobe

        def roughness(self) -> float:
            return min(self.m.alpha_warp, self.m.alpha_weft, 1.0)

        def sample(self, ctx: Any, si: Any, sample1: Any, sample2: Any, active: Any = True) -> Any:
            parts = self.frame(si)
            n = parts[0]
            around = mi.Frame3f(n)
            clear = self.clear(si)
            through = sample1 < clear
            s = (sample1 - clear) / dr.maximum(1.0 - clear, 1e-6)
            wide = mi.warp.square_to_cosine_hemisphere(sample2)
            if self.thin:
                t = s / (1.0 - self.share)
                wide.z = dr.select(t < 0.5, wide.z, -wide.z)
            a2 = self.roughness() ** 2
            cosine = dr.sqrt((1.0 - sample2.x) / (1.0 + (a2 - 1.0) * sample2.x))
            sine = dr.sqrt(dr.maximum(1.0 - cosine * cosine, 0.0))
            sin_phi, cos_phi = dr.sincos(2.0 * math.pi * sample2.y)
            h = around.to_world(mi.Vector3f(sine * cos_phi, sine * sin_phi, cosine))
            v = si.to_world(si.wi)
            mirrored = 2.0 * dr.dot(v, h) * h - v
            l = dr.select(s < 1.0 - self.share, around.to_world(wide), mirrored)  # noqa: E741
            wo = si.to_local(l)
            pdf = self.density(si, wo, n)
            value = self.value(si, wo, parts)
            fine = active & (pdf > 1e-6)
            bs = mi.BSDFSample3f()
            bs.wo = dr.select(through, -si.wi, wo)
            bs.pdf = dr.select(through, clear, pdf * (1.0 - clear))
            bs.eta = 1.0
            bs.sampled_type = dr.select(
                through, mi.UInt32(+mi.BSDFFlags.Null), mi.UInt32(+mi.BSDFFlags.GlossyReflection)
            )
            bs.sampled_component = dr.select(through, mi.UInt32(1), mi.UInt32(0))
            weight = dr.select(fine, value / dr.maximum(pdf * (1.0 - clear), 1e-6), 0.0)
            return bs, dr.select(through, mi.Spectrum(1.0), weight) & active

        def eval(self, ctx: Any, si: Any, wo: Any, active: Any = True) -> Any:
            return self.value(si, wo, self.frame(si)) & active

        def pdf(self, ctx: Any, si: Any, wo: Any, active: Any = True) -> Any:
            n = self.frame(si)[0]
            return dr.select(active, self.density(si, wo, n) * (1.0 - self.clear(si)), 0.0)

        def eval_pdf(self, ctx: Any, si: Any, wo: Any, active: Any = True) -> Any:
            parts = self.frame(si)
            pdf = self.density(si, wo, parts[0]) * (1.0 - self.clear(si))
            return self.value(si, wo, parts) & active, dr.select(active, pdf, 0.0)

        def eval_null_transmission(self, si: Any, active: Any = True) -> Any:
            return mi.Spectrum(self.clear(si)) & active

        def traverse(self, callback: Any) -> None:
            """There is nothing to be edited."""

        def to_string(self) -> str:
            return "Fabric[]"

    del variant
    mi.register_bsdf("toile_fabric", lambda props: Fabric(props))
    return "toile_fabric"
