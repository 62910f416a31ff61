"""What weak forms are posed on: meshes of any cell, named boundaries, conditions, elements."""
