"""Incompressible flow: Stokes and Navier–Stokes with Taylor–Hood elements."""
