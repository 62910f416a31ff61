"""Diffusion whose conductivity depends on the solution: the p-Laplacian, and k(u)."""
