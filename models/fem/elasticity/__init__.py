"""Linear elasticity."""
