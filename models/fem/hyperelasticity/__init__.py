"""Hyperelasticity: bodies that deform by much."""
