"""Bytes to calls and replies to bytes: one module per proto file."""
