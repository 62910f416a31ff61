"""How sure a neural operator may be: beliefs about its answers, their calibration, and a flag where none holds."""
