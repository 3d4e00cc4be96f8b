"""Flat triangulations of convex outlines for the cloth tests, turned at will."""

from __future__ import annotations

import numpy as np
from scipy.spatial import Delaunay, cKDTree


def line(a, b, edge):
    """Return points from a to b, both kept, about an edge apart."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    count = max(2, round(float(np.linalg.norm(b - a)) / edge))
    return a + np.linspace(0, 1, count + 1)[:, None] * (b - a)


def triangulate(fixed, inside, edge, turned=0.0, rounds=6):
    """Return points, `fixed` first, and counter-clockwise faces of the convex hull of `fixed`, filled with a turned lattice."""
    low, high = fixed.min(0), fixed.max(0)
    reach = int(np.linalg.norm(high - low) / edge) + 3
    i, j = np.meshgrid(np.arange(-reach, reach + 1), np.arange(-reach, reach + 1))
    lattice = np.stack([edge * (i + 0.5 * (j % 2)), edge * np.sqrt(0.75) * j], 2).reshape(-1, 2)
    c, s = np.cos(np.deg2rad(turned)), np.sin(np.deg2rad(turned))
    lattice = lattice @ np.array([[c, s], [-s, c]]) + 0.5 * (low + high)
    lattice = lattice[inside(lattice)]
    lattice = lattice[cKDTree(fixed).query(lattice)[0] > 0.62 * edge]
    points, kept = np.concatenate([fixed, lattice]), len(fixed)
    for k in range(rounds + 1):
        faces = Delaunay(points).simplices
        double = _double(points, faces)
        faces = np.where(double[:, None] < 0, faces[:, [0, 2, 1]], faces)
        good = np.abs(double) > 2e-3 * edge**2
        faces, size = faces[good], np.abs(double[good])
        if k == rounds:
            return points, faces.astype(np.int64)
        total, weight = np.zeros_like(points), np.zeros(len(points))
        for corner in range(3):
            np.add.at(total, faces[:, corner], size[:, None] * points[faces].mean(1))
            np.add.at(weight, faces[:, corner], size)
        points[kept:] = (total / weight[:, None])[kept:]
    raise AssertionError


def rectangle(width, height, edge, turned=0.0, split=None):
    """Return a rectangle's points and faces; `split` keeps a line across it at that x."""
    corners = [(0, 0), (width, 0), (width, height), (0, height)]
    sides = [line(a, b, edge)[:-1] for a, b in zip(corners, corners[1:] + corners[:1], strict=True)]
    if split is not None:
        sides[0] = np.concatenate(
            [line((0, 0), (split, 0), edge)[:-1], line((split, 0), (width, 0), edge)[:-1]]
        )
        sides[2] = np.concatenate(
            [line((width, height), (split, height), edge)[:-1], line((split, height), (0, height), edge)[:-1]]
        )
        sides.append(line((split, 0), (split, height), edge)[1:-1])

    def inside(p):
        return (p > 0).all(1) & (p < [width, height]).all(1)

    return triangulate(np.concatenate(sides), inside, edge, turned)


def vertex_areas(points, faces):
    """Return the area [m2] that belongs to each vertex."""
    share = np.repeat(0.5 * np.abs(_double(points, faces)) / 3.0, 3)
    return np.bincount(faces.ravel(), share, minlength=len(points))


def _double(points, faces):
    a, b = points[faces[:, 1]] - points[faces[:, 0]], points[faces[:, 2]] - points[faces[:, 0]]
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
