"""Data to learn from, made by our own finite elements from a seed."""
