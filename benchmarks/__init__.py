"""Measured claims: fixed scenes through the public calls, with seconds, memory and the number that says how good it is."""
