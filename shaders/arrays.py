"""The shading functions on whole arrays: torch (differentiable), NumPy or Dr.Jit, from the one source.

A value is an array, one entry a point; a vector is a tuple of such arrays (`Vector`). Branches are taken under a mask:
both sides are computed where some point needs them, and `where` picks. So the functions below are the Warp functions,
evaluated, and not a second set of equations.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from toile.shaders.one_source import Source, called, is_function, loop_range, source_of

Array = Any


class Vector(tuple[Any, ...]):
    """Components of a vector (2 to 5), each an array or a number; arithmetic by component."""

    def _with(self, other: Any, operation: Callable[[Any, Any], Any]) -> Vector:
        others = other if isinstance(other, Vector) else (other,) * len(self)
        return Vector(operation(a, b) for a, b in zip(self, others, strict=True))

    def __add__(self, other: Any) -> Vector:
        return self._with(other, operator.add)

    def __sub__(self, other: Any) -> Vector:
        return self._with(other, operator.sub)

    def __mul__(self, other: Any) -> Vector:
        return self._with(other, operator.mul)

    def __rmul__(self, other: Any) -> Vector:
        return self._with(other, operator.mul)

    def __truediv__(self, other: Any) -> Vector:
        return self._with(other, operator.truediv)

    def __neg__(self) -> Vector:
        return Vector(-a for a in self)


class Ops:
    """What the evaluator needs of an array library; this one is NumPy's."""

    def where(self, mask: Array, a: Array, b: Array) -> Array:
        """Return a where the mask holds, else b."""
        return np.where(mask, a, b)

    def any(self, mask: Array) -> bool:
        """Return whether a branch has to be computed at all."""
        return bool(np.any(mask))

    def real(self, x: Array) -> Array:
        """Return x as a floating-point value."""
        return np.asarray(x, np.float32)

    def whole(self, x: Array) -> Array:
        """Return x cut to a signed integer."""
        return np.asarray(x).astype(np.int32)

    def unsigned(self, x: Array) -> Array:
        """Return x as 32 unsigned bits."""
        return np.asarray(x).astype(np.uint32) if not isinstance(x, int) else np.asarray(x % 2**32, np.uint32)

    def divide(self, a: Array, b: Array) -> Array:
        """Return a / b; of two integers the integer quotient."""
        if _is_whole(a) and _is_whole(b):
            return a // b
        return a / b

    def call(self, name: str, *x: Array) -> Array:
        """Return an elementary function of arrays."""
        functions: Mapping[str, Callable[..., Any]] = {
            "sqrt": np.sqrt, "sin": np.sin, "cos": np.cos, "floor": np.floor, "abs": np.abs, "log2": np.log2,
            "asin": np.arcsin, "pow": np.power, "min": np.minimum, "max": np.maximum, "atan2": np.arctan2,
        }  # fmt: skip
        return functions[name](*x)

    def look_up(self, table: Array, row: Array, column: Array) -> Array:
        """Return entries of a table."""
        return table[row, column]


class TorchOps(Ops):
    """Torch tensors; derivatives flow through everything but `floor` and table indices."""

    def where(self, mask: Array, a: Array, b: Array) -> Array:
        import torch

        if not torch.is_tensor(a) and not torch.is_tensor(b):
            a = torch.tensor(a)
        return torch.where(mask, a, b)

    def any(self, mask: Array) -> bool:
        return bool(mask.any())

    def real(self, x: Array) -> Array:
        import torch

        return x.float() if torch.is_tensor(x) or isinstance(x, _Bits32) else float(x)

    def whole(self, x: Array) -> Array:
        import torch

        return x.detach().to(torch.int64) if torch.is_tensor(x) else int(x)

    def unsigned(self, x: Array) -> Array:
        return _Bits32(x)

    def divide(self, a: Array, b: Array) -> Array:
        import torch

        if _is_whole(a) and _is_whole(b):
            return torch.div(a, b, rounding_mode="trunc") if torch.is_tensor(a) else int(a / b)
        return a / b

    def call(self, name: str, *x: Array) -> Array:
        import torch

        first = next(a for a in x if torch.is_tensor(a)) if any(torch.is_tensor(a) for a in x) else None
        if first is None:
            return super().call(name, *x)
        same = [a if torch.is_tensor(a) else torch.full_like(first, a) for a in x]
        functions: Mapping[str, Callable[..., Any]] = {
            "sqrt": torch.sqrt, "sin": torch.sin, "cos": torch.cos, "floor": torch.floor, "abs": torch.abs,
            "log2": torch.log2, "asin": torch.asin, "pow": torch.pow, "min": torch.minimum, "max": torch.maximum, "atan2": torch.atan2,
        }  # fmt: skip
        return functions[name](*same)


class _Bits32:
    """Unsigned 32-bit integers kept in 64 bits (torch has no arithmetic for its own)."""

    def __init__(self, value: Any) -> None:
        self.value: Any = value.value if isinstance(value, _Bits32) else value & 0xFFFFFFFF

    def float(self) -> Any:
        """Return them as numbers."""
        return self.value.float()

    def __add__(self, other: _Bits32) -> _Bits32:
        return _Bits32(self.value + other.value)

    def __mul__(self, other: _Bits32) -> _Bits32:
        return _Bits32(self.value * other.value)

    def __xor__(self, other: _Bits32) -> _Bits32:
        return _Bits32(self.value ^ other.value)

    def __and__(self, other: _Bits32) -> _Bits32:
        return _Bits32(self.value & other.value)

    def __rshift__(self, other: _Bits32) -> _Bits32:
        return _Bits32(self.value >> other.value)


def _is_whole(x: Any) -> bool:
    if isinstance(x, bool | float):
        return False
    return isinstance(x, int) or "int" in str(getattr(x, "dtype", type(x).__name__)).lower()


def evaluate(function: Any, ops: Ops, *arguments: Any) -> Any:
    """Return a Warp shading function of whole arrays.

    Args:
        function: of `brdf`, `material`, `prints`, `studio`, `tone` or `weave`.
        ops: the array library, `Ops()` for NumPy, `TorchOps()`.
        arguments: arrays (N,), numbers, `Vector`s of them, structures as objects with the same fields, a table (R, C).
    """
    return _Call(source_of(function), ops, arguments).run()


_BINARY: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.BitXor: operator.xor,
    ast.BitAnd: operator.and_, ast.RShift: operator.rshift,
}  # fmt: skip
_COMPARE: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip


class _Call:
    """One evaluation: local values, the mask of points that are still running, what the others returned."""

    def __init__(self, source: Source, ops: Ops, arguments: Sequence[Any]) -> None:
        self.source, self.ops = source, ops
        names = [name for name, _ in source.arguments]
        self.values: dict[str, Any] = dict(zip(names, arguments, strict=True))
        self.done: Any = False  # mask of points that have returned
        self.result: Any = None

    def run(self) -> Any:
        self._block(self.source.body, True)
        return self.result

    def _block(self, body: Sequence[ast.stmt], mask: Any) -> None:
        for statement in body:
            if self.done is True:
                return
            live = _and(mask, _not(self.done))
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                name = statement.targets[0].id
                new = self._value(statement.value)
                self.values[name] = self._pick(live, new, self.values.get(name, new))
            elif isinstance(statement, ast.Return) and statement.value is not None:
                new = self._value(statement.value)
                self.result = new if self.result is None else self._pick(live, new, self.result)
                self.done = True if live is True else _or(self.done, live)
            elif isinstance(statement, ast.If):
                test = self._value(statement.test)
                for way, inner in ((test, statement.body), (_not(test), statement.orelse)):
                    both = _and(live, way)
                    if inner and both is not False and (both is True or self.ops.any(both)):
                        self._block(inner, both)
            elif isinstance(statement, ast.For):
                name, low, high = loop_range(statement)
                for i in range(low, high):
                    self.values[name] = i
                    self._block(statement.body, live)
            else:
                raise NotImplementedError(ast.unparse(statement))

    def _pick(self, mask: Any, a: Any, b: Any) -> Any:
        if mask is True or a is b:
            return a
        if isinstance(a, Vector):
            return Vector(self._pick(mask, x, y) for x, y in zip(a, b, strict=True))
        if isinstance(a, float | int) and isinstance(b, float | int) and a == b:
            return a
        return self.ops.where(mask, a, b)

    def _value(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return self.values[node.id] if node.id in self.values else _constant(self.source.around[node.id])
        if isinstance(node, ast.Attribute):
            return getattr(self._value(node.value), node.attr)
        if isinstance(node, ast.Subscript):
            return self._item(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -self._value(node.operand)
        if isinstance(node, ast.BoolOp):
            values = [self._value(v) for v in node.values]
            joined = values[0]
            for value in values[1:]:
                joined = _or(joined, value) if isinstance(node.op, ast.Or) else _and(joined, value)
            return joined
        if isinstance(node, ast.Compare):
            return _COMPARE[type(node.ops[0])](self._value(node.left), self._value(node.comparators[0]))
        if isinstance(node, ast.BinOp):
            return self._binary(node)
        if isinstance(node, ast.Call):
            return self._call(node)
        raise NotImplementedError(ast.unparse(node))

    def _item(self, node: ast.Subscript) -> Any:
        value = self._value(node.value)
        if isinstance(node.slice, ast.Tuple):
            row, column = (self._value(e) for e in node.slice.elts)
            return self.ops.look_up(value, row, column)
        return value[self._value(node.slice)]

    def _binary(self, node: ast.BinOp) -> Any:
        a, b = self._value(node.left), self._value(node.right)
        if isinstance(a, np.ndarray) and a.ndim == 2 and isinstance(b, Vector):
            return Vector(sum(float(w) * x for w, x in zip(row, b, strict=True)) for row in a)
        if isinstance(b, Vector) and not isinstance(a, Vector):
            return Vector(_BINARY[type(node.op)](a, x) for x in b)
        if isinstance(node.op, ast.Div) and not isinstance(a, Vector):
            return self.ops.divide(a, b)
        if isinstance(node.op, ast.Div):
            return a / b
        if isinstance(node.op, ast.Mod):
            return a - b * self.ops.divide(a, b)
        return _BINARY[type(node.op)](a, b)

    def _call(self, node: ast.Call) -> Any:
        name, function = called(node, self.source.around)
        x = [self._value(a) for a in node.args]
        if is_function(function):
            return _Call(source_of(function), self.ops, x).run()
        if name in ("vec2", "vec3", "vec4"):
            return Vector(x)
        return self._builtin(name, x)

    def _builtin(self, name: str, x: list[Any]) -> Any:
        ops = self.ops
        if name == "float":
            return ops.real(x[0])
        if name == "int":
            return ops.whole(x[0])
        if name == "uint32":
            return ops.unsigned(x[0])
        if name == "dot":
            return _total(x[0] * x[1])
        if name == "cross":
            a, b = x
            return Vector((a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]))
        if name == "length":
            return ops.call("sqrt", _total(x[0] * x[0]))
        if name == "normalize":
            return x[0] * (1.0 / ops.call("sqrt", ops.call("max", _total(x[0] * x[0]), 1e-20)))
        if name == "cw_mul":
            return x[0] * x[1]
        if name == "cw_div":
            return x[0] / x[1]
        if name == "clamp":
            return ops.call("min", ops.call("max", x[0], x[1]), x[2])
        if name == "lerp":
            return x[0] + (x[1] - x[0]) * x[2]
        if name == "smoothstep":
            s = self._builtin("clamp", [(x[2] - x[0]) / (x[1] - x[0]), 0.0, 1.0])
            return s * s * (3.0 - 2.0 * s)
        if name == "where":
            return self._pick(x[0], x[1], x[2]) if not isinstance(x[0], bool) else (x[1] if x[0] else x[2])
        if name == "sign":
            return ops.where(x[0] < 0.0, -1.0, 1.0)
        if name in ("min", "max") and all(isinstance(a, int | float) for a in x):
            return min(x) if name == "min" else max(x)
        return ops.call(name, *x)


def _total(v: Vector) -> Any:
    total = v[0]
    for component in v[1:]:
        total = total + component
    return total


def _constant(value: Any) -> Any:
    if isinstance(value, bool | int | float):
        return value
    return np.asarray(value, np.float64).reshape(value._shape_)


def _and(a: Any, b: Any) -> Any:
    if a is True or b is False:
        return b
    return a if b is True or a is False else a & b


def _or(a: Any, b: Any) -> Any:
    if a is False or b is True:
        return b
    return a if b is False or a is True else a | b


def _not(a: Any) -> Any:
    return (not a) if isinstance(a, bool) else ~a


def structure(**fields: Any) -> SimpleNamespace:
    """Return a structure's fields as the functions read them (`Material`, `Surface`, `Studio`)."""
    return SimpleNamespace(**fields)
