"""Operators from private functions: by noisy gradients, or by noisy means over operators on disjoint shards."""
