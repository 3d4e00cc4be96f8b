"""A sparse matrix of scalars in strips of five columns, for wide registers: neighbours in the mesh are mostly neighbours in the numbering.

Three numbers of each of five vertices that follow each other fill fifteen lanes of a register of sixteen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from toile.engine.cloth.system import ClothSystem

I32 = NDArray[np.int32]
F32 = NDArray[np.float32]
WIDTH = 5


@dataclass(frozen=True)
class Strips:
    """Strips row[i]:row[i + 1] are row i's; each (S, 6) is three times its first column, then the bits of five float32 values."""

    row: I32
    strip: I32


def strips_of(row: I32, column: I32, value: F32) -> Strips:
    """Return the strips that cover compressed rows with sorted columns, each beginning at the first column not yet covered."""
    count, filled = len(row) - 1, len(column)
    owner = np.repeat(np.arange(count), np.diff(row))
    first = np.zeros(filled, bool)
    at = row[:-1][np.diff(row) > 0].astype(np.int64)
    while len(at):
        first[at] = True
        end = column[at] + WIDTH
        mine = owner[at]
        for _ in range(WIDTH):  # no more columns than that lie in a strip
            inside = (at < filled) & (owner[np.minimum(at, filled - 1)] == mine)
            at = at + (inside & (column[np.minimum(at, filled - 1)] < end))
        at = at[(at < filled) & (owner[np.minimum(at, filled - 1)] == mine)]
    strip = np.cumsum(first) - 1
    begin = column[first]
    packed = np.zeros((len(begin), 1 + WIDTH), np.int32)
    packed[:, 0] = 3 * begin
    packed[strip, 1 + column - begin[strip]] = value.view(np.int32)
    rows = np.concatenate([[0], np.cumsum(np.bincount(owner[first], minlength=count))])
    return Strips(rows.astype(np.int32), packed)


def bending_strips(system: ClothSystem) -> Strips:
    """Return the strips of all of bending: of pairs that share a triangle, and of those that do not."""
    shape = (len(system.mass), len(system.mass))
    near = sparse.csr_matrix((system.near_bending, system.column, system.row), shape=shape)
    far = sparse.csr_matrix((system.far_bending, system.far_column, system.far_row), shape=shape)
    both = (near + far).tocsr()
    both.sort_indices()
    return strips_of(both.indptr, both.indices, both.data)
