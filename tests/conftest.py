"""For every test."""

from hypothesis import settings

# No test fails for the time it takes: machines are shared, and hypothesis has a limit of 200 ms an example. A change is
# judged by the same examples every time; `pytest --hypothesis-profile explore` looks for new ones.
settings.register_profile("explore", deadline=None)
settings.register_profile("repeated", deadline=None, derandomize=True)
settings.load_profile("repeated")
