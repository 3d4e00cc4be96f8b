"""Garments: request, fabrics, drafting, pattern files, meshing and placement."""
