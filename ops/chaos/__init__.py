"""Harnesses that break what runs, at random moments, and check what must hold all the same."""
