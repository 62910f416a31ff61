"""Truncated Fourier transforms as products with small real matrices, and the convolution that they carry."""
