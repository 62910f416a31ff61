"""Transient heat conduction."""
