"""Linearised Laplace: the Gaussian around the trained weights that their curvature describes, pushed to the answer.

What comes out is a Gaussian process over the points of an answer (Magnani et al. 2025, PMLR 267, arXiv:2406.05072).
"""
