"""Eigenproblems: modes of membranes and bodies, loads that buckle."""
