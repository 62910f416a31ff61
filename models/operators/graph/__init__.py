"""Operators on point clouds and meshes: averages over neighbourhoods with learnt kernels."""
