"""The shading functions as syntax trees: what the translators into GLSL and into arrays (torch, NumPy, Dr.Jit) read.

The equations are written once, as Warp functions (`brdf.py`, `material.py`, `prints.py`, `studio.py`, `tone.py`,
`weave.py`). Their language is a small part of Python: assignments, `if`, `for` over constant ranges, `return`, calls of
each other and of `warp` built-ins. Everything else is refused, so that no translation is silently something else.
"""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import warp as wp


@dataclass(frozen=True, eq=False)
class Source:
    """One function: its name, arguments with their types as written, body, and the names that it sees around it."""

    name: str
    arguments: tuple[tuple[str, Any], ...]
    returns: Any
    body: tuple[ast.stmt, ...]
    around: Mapping[str, Any]


@functools.cache
def source_of(function: Any) -> Source:
    """Return the syntax tree of a Warp function.

    Raises:
        TypeError: it is no Warp function.
    """
    if not is_function(function):
        raise TypeError(f"{function!r} is not a Warp function")
    plain = function.func
    tree = ast.parse(textwrap.dedent(inspect.getsource(plain))).body[0]
    assert isinstance(tree, ast.FunctionDef)
    hints = inspect.get_annotations(plain)
    arguments = tuple((a.arg, hints[a.arg]) for a in tree.args.args)
    body = tuple(s for s in tree.body if not _is_docstring(s))
    return Source(tree.name, arguments, hints.get("return"), body, plain.__globals__)


def is_function(value: Any) -> bool:
    """Return whether a value is a function written for Warp (not one of its built-ins)."""
    return isinstance(value, wp.Function) and getattr(value, "func", None) is not None


def is_structure(value: Any) -> bool:
    """Return whether a value is a Warp structure."""
    return hasattr(value, "cls") and hasattr(value, "vars")


def fields_of(structure: Any) -> Mapping[str, Any]:
    """Return the fields of a Warp structure and their types."""
    found: Mapping[str, Any] = structure.cls.__annotations__
    return found


def called(node: ast.Call, around: Mapping[str, Any]) -> tuple[str, Any]:
    """Return the name of what a call calls, and its value when it is one of our functions (else None)."""
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        if around.get(node.func.value.id) is not wp:
            raise NotImplementedError(ast.unparse(node))
        return node.func.attr, None
    if isinstance(node.func, ast.Name):
        value = around.get(node.func.id)
        if value is None and node.func.id in ("float", "int", "range"):
            return node.func.id, None
        if value is not None:
            return node.func.id, value
    raise NotImplementedError(ast.unparse(node))


def loop_range(node: ast.For) -> tuple[str, int, int]:
    """Return a loop's variable and its constant range."""
    call = node.iter
    if not (isinstance(node.target, ast.Name) and isinstance(call, ast.Call) and not node.orelse):
        raise NotImplementedError(ast.unparse(node))
    ends = [ast.literal_eval(a) for a in call.args]
    low, high = (0, ends[0]) if len(ends) == 1 else (ends[0], ends[1])
    return node.target.id, int(low), int(high)


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
