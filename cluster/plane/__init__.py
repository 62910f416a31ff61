"""The data plane: length-prefixed frames between router and replica. Imports no Ray."""
