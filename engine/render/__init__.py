"""Rendering: pictures and animations of a dressed body."""
