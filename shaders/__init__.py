"""Shading of fabric and skin: one set of equations."""
