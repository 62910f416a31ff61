"""Meshes as answers: generated, refined, and read from files."""
