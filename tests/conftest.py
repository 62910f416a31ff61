"""For every test."""

from hypothesis import settings

# No test fails for the time it takes: machines are shared, and hypothesis has a limit of 200 ms an example.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
