"""Linear elasticity on quadrilaterals and hexahedra."""
