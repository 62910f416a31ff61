"""Differential privacy: events, what they cost, and mechanisms that sample exactly."""
