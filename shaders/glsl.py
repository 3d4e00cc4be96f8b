"""The shading functions in GLSL ES 3.0, translated from the one source: for OpenGL, OpenGL ES and WebGL 2.

`python -m toile.shaders.glsl > fabric.glsl` writes them for engines of one's own: the structures `Material`, `Surface`
and `Studio`, and every function that `shade`, `painted`, `backdrop` and `tone_map` need. The caller puts `#version` and
`precision` lines before it (`HEAD` for ES and WebGL 2). Light is `float[6]`; the table of the lobes' albedos
(`brdf.lobe_table`) is a one-channel float texture, what is painted on the body (`paint.stacked`) one of three, row 0 first.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import warp as wp

from toile.shaders.one_source import (
    Source,
    called,
    fields_of,
    is_function,
    is_structure,
    source_of,
)

HEAD = "#version 300 es\nprecision highp float;\nprecision highp int;\nprecision highp sampler2D;\n"
_RESERVED = set(
    [
        "active",
        "asm",
        "attribute",
        "buffer",
        "cast",
        "centroid",
        "class",
        "coherent",
        "common",
        "const",
        "default",
        "discard",
        "do",
        "double",
        "else",
        "enum",
        "extern",
        "external",
        "false",
        "filter",
        "fixed",
        "flat",
        "for",
        "goto",
        "half",
        "highp",
        "if",
        "in",
        "inline",
        "inout",
        "input",
        "interface",
        "invariant",
        "layout",
        "long",
        "lowp",
        "mediump",
        "namespace",
        "noinline",
        "out",
        "output",
        "partition",
        "patch",
        "precise",
        "precision",
        "public",
        "readonly",
        "resource",
        "restrict",
        "return",
        "sample",
        "shared",
        "short",
        "sizeof",
        "smooth",
        "static",
        "struct",
        "subroutine",
        "superp",
        "switch",
        "template",
        "this",
        "true",
        "typedef",
        "uniform",
        "union",
        "unsigned",
        "using",
        "varying",
        "void",
        "volatile",
        "while",
        "writeonly",
    ]
)
_SAME = {
    "dot", "cross", "normalize", "length", "sqrt", "pow", "floor", "abs", "sin", "cos", "min", "max", "clamp",
    "smoothstep", "log2", "asin", "vec2", "vec3", "vec4", "float", "int",
}  # fmt: skip
_OTHER = {"atan2": "atan", "lerp": "mix", "uint32": "uint"}
_VECTORS = {2: "vec2", 3: "vec3", 4: "vec4"}
_OPERATORS: dict[type, str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.BitXor: "^", ast.BitAnd: "&", ast.RShift: ">>",
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip


@functools.cache
def fabric_glsl() -> str:
    """Return the shading functions as GLSL ES 3.0."""
    from toile.shaders import material, paint, studio, tone

    roots = (
        material.shade,
        material.cloth_colour,
        paint.painted,
        studio.dome,
        studio.backdrop,
        tone.tone_map,
    )
    written: dict[str, str] = {}
    structures: dict[str, str] = {}
    for root in roots:
        _collect(root, written, structures)
    for encode in (tone.srgb_decode, tone.srgb_encode):
        _collect(encode, written, structures)
    head = "// Written by toile.shaders.glsl from toile's shading functions; edit those instead."
    return "\n\n".join([head, *structures.values(), *written.values()]) + "\n"


def nothing(name: str) -> str:
    """Return a function `no_NAME()` that gives a structure whose every field is zero."""
    from toile.shaders import material, studio

    kinds: dict[str, Any] = {
        "Material": material.Material,
        "Surface": material.Surface,
        "Studio": studio.Studio,
    }
    kind = kinds[name]
    zeros = {"int": "0", "float": "0.0"}
    fields = [type_of(t) for t in fields_of(kind).values()]
    values = ", ".join(zeros.get(t, f"{t}(0.0)") for t in fields)
    return f"{name} no_{name}() {{ return {name}({values}); }}"


def _collect(function: Any, written: dict[str, str], structures: dict[str, str]) -> None:
    """Translate a function after those that it calls, and the structures that it takes."""
    source = source_of(function)
    if source.name in written:
        return
    for kind in (t for _, t in source.arguments if is_structure(t)):
        structures.setdefault(kind.key, _structure(kind))
    for node in (n for s in source.body for n in ast.walk(s) if isinstance(n, ast.Call)):
        if isinstance(node.func, ast.Name) and is_function(source.around.get(node.func.id)):
            _collect(source.around[node.func.id], written, structures)
    written[source.name] = _Function(source).text()


def _structure(kind: Any) -> str:
    fields = "\n".join(f"  {type_of(t)} {name};" for name, t in fields_of(kind).items())
    return f"struct {kind.cls.__name__} {{\n{fields}\n}};"


def type_of(kind: Any) -> str:
    """Return the GLSL type of a Warp type."""
    if kind in (float, int, bool):
        return str(kind.__name__)
    if is_structure(kind):
        return str(kind.cls.__name__)
    length = getattr(kind, "_length_", None)
    if length is not None:
        return _VECTORS.get(int(length), f"float[{int(length)}]")
    if isinstance(kind, wp.array):
        return "sampler2D"
    raise NotImplementedError(str(kind))


class _Function:
    """One function's translation: its lines, and the type of each local variable."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.types: dict[str, str] = {name: type_of(kind) for name, kind in source.arguments}
        self.fields: dict[str, dict[str, str]] = {}
        for _, kind in source.arguments:
            if is_structure(kind):
                self.fields[type_of(kind)] = {n: type_of(t) for n, t in fields_of(kind).items()}
        self.locals: dict[str, str] = {}
        self.texels: dict[str, str] = {  # what an entry of each table is
            name: _VECTORS.get(getattr(kind.dtype, "_length_", 1), "float")
            for name, kind in source.arguments
            if isinstance(kind, wp.array)
        }

    def text(self) -> str:
        body = self._block(self.source.body, 1)
        arguments = ", ".join(f"{type_of(kind)} {_name(name)}" for name, kind in self.source.arguments)
        declared = [f"  {kind} {_name(name)};" for name, kind in self.locals.items()]
        head = f"{type_of(self.source.returns)} {self.source.name}({arguments}) {{"
        return "\n".join([head, *declared, *body, "}"])

    def _block(self, body: Sequence[ast.stmt], depth: int) -> list[str]:
        pad, lines = "  " * depth, []
        for s in body:
            if isinstance(s, ast.Assign) and isinstance(s.targets[0], ast.Name):
                text, kind = self._value(s.value)
                name = s.targets[0].id
                if name not in self.types:
                    self.types[name] = self.locals[name] = kind
                lines.append(f"{pad}{_name(name)} = {text};")
            elif isinstance(s, ast.Return) and s.value is not None:
                lines.append(f"{pad}return {self._value(s.value)[0]};")
            elif isinstance(s, ast.If):
                lines.append(f"{pad}if ({self._value(s.test)[0]}) {{")
                lines += self._block(s.body, depth + 1)
                if s.orelse:
                    lines += [f"{pad}}} else {{", *self._block(s.orelse, depth + 1)]
                lines.append(f"{pad}}}")
            elif isinstance(s, ast.For):
                name, low, high = self._range(s)
                self.types[name] = "int"
                lines.append(f"{pad}for (int {name} = {low}; {name} < {high}; ++{name}) {{")
                lines += [*self._block(s.body, depth + 1), f"{pad}}}"]
            else:
                raise NotImplementedError(ast.unparse(s))
        return lines

    def _value(self, node: ast.expr) -> tuple[str, str]:
        """Return an expression's text and type."""
        if isinstance(node, ast.Constant):
            return _number(node.value)
        if isinstance(node, ast.Name):
            if node.id in self.types:
                return _name(node.id), self.types[node.id]
            return _constant(self.source.around[node.id])
        if isinstance(node, ast.Attribute):
            text, kind = self._value(node.value)
            return f"{text}.{node.attr}", self.fields[kind][node.attr]
        if isinstance(node, ast.Subscript):
            return self._item(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            text, kind = self._value(node.operand)
            return f"(-{text})", kind
        if isinstance(node, ast.BoolOp):
            joint = " || " if isinstance(node.op, ast.Or) else " && "
            return "(" + joint.join(self._value(v)[0] for v in node.values) + ")", "bool"
        if isinstance(node, ast.Compare):
            a, b = self._value(node.left)[0], self._value(node.comparators[0])[0]
            return f"({a} {_OPERATORS[type(node.ops[0])]} {b})", "bool"
        if isinstance(node, ast.BinOp):
            return self._binary(node)
        if isinstance(node, ast.Call):
            return self._call(node)
        raise NotImplementedError(ast.unparse(node))

    def _range(self, node: ast.For) -> tuple[str, str, str]:
        """Return a loop's variable, first value and end."""
        call = node.iter
        if not (isinstance(node.target, ast.Name) and isinstance(call, ast.Call) and len(call.args) < 3):
            raise NotImplementedError(ast.unparse(node))
        ends = ["0", *(self._value(a)[0] for a in call.args)]
        return node.target.id, ends[-2], ends[-1]

    def _item(self, node: ast.Subscript) -> tuple[str, str]:
        if isinstance(node.value, ast.Attribute) and node.value.attr == "shape":
            axis = ast.literal_eval(node.slice)
            return f"textureSize({self._value(node.value.value)[0]}, 0).{'yx'[axis]}", "int"
        value, kind = self._value(node.value)
        if isinstance(node.slice, ast.Tuple):
            row, column = (self._value(e)[0] for e in node.slice.elts)
            assert kind == "sampler2D"
            assert isinstance(node.value, ast.Name)
            texel = self.texels[node.value.id]
            return (
                f"texelFetch({value}, ivec2({column}, {row}), 0).{'r' if texel == 'float' else 'rgb'}",
                texel,
            )
        return f"{value}[{self._value(node.slice)[0]}]", "float"

    def _binary(self, node: ast.BinOp) -> tuple[str, str]:
        (a, ka), (b, kb) = self._value(node.left), self._value(node.right)
        if isinstance(node.op, ast.Mod):  # GLSL leaves % of negative integers undefined
            return f"({a} - {b} * ({a} / {b}))", "int"
        kind = kb if ka == "mat3" or (kb.startswith("vec") and not ka.startswith("vec")) else ka
        return f"({a} {_OPERATORS[type(node.op)]} {b})", kind

    def _call(self, node: ast.Call) -> tuple[str, str]:
        name, function = called(node, self.source.around)
        parts = [self._value(a) for a in node.args]
        texts = [t for t, _ in parts]
        if is_function(function):
            return f"{name}({', '.join(texts)})", type_of(source_of(function).returns)
        if name == "where":
            return f"({texts[0]} ? {texts[1]} : {texts[2]})", parts[1][1]
        if name == "sign":
            return f"({texts[0]} < 0.0 ? -1.0 : 1.0)", "float"
        if name in ("cw_mul", "cw_div"):
            return f"({texts[0]} {'*' if name == 'cw_mul' else '/'} {texts[1]})", parts[0][1]
        if name not in _SAME and name not in _OTHER:
            raise NotImplementedError(ast.unparse(node))
        text = f"{_OTHER.get(name, name)}({', '.join(texts)})"
        if name in ("dot", "length", "float"):
            return text, "float"
        if name in ("int", "vec2", "vec3", "vec4"):
            return text, name
        return text, "uint" if name == "uint32" else parts[0][1]


def _number(value: Any) -> tuple[str, str]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotImplementedError(repr(value))
    return (repr(value), "int") if isinstance(value, int) else (repr(value), "float")


def _constant(value: Any) -> tuple[str, str]:
    if isinstance(value, int | float):
        return _number(value)
    matrix = np.asarray(value, np.float64).reshape(value._shape_)
    assert matrix.shape == (3, 3), value
    return f"mat3({', '.join(repr(float(x)) for x in matrix.T.ravel())})", "mat3"


def _name(name: str) -> str:
    return name + "_" if name in _RESERVED else name


if __name__ == "__main__":
    print(fabric_glsl(), end="")
