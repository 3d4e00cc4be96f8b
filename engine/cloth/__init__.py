"""Cloth: implicit simulation of sewn garments on a moving body."""
