"""Weak forms that callers write."""
