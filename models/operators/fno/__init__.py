"""The Fourier neural operator (Li et al. 2021, arXiv:2010.08895)."""
