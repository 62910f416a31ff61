"""Models on Ray Serve actors."""
