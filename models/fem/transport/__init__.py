"""Advection, diffusion and reaction."""
