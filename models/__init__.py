"""Pure numerics: no I/O, no wire, no Ray."""
