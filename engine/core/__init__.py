"""Plain values that every stage shares: meshes, bodies, simulations, errors, files, devices."""
