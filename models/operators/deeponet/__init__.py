"""Deep operator networks (Lu, Jin, Pang, Zhang & Karniadakis 2021, arXiv:1910.03193)."""
