"""Surrogates of a physical model, trained on private measurements."""
