"""Waves in time harmony."""
