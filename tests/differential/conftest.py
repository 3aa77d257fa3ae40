"""Property tests draw the same examples in every run: a failure in CI is a failure at home."""

from hypothesis import settings

settings.register_profile("rung", derandomize=True, database=None, deadline=None)
settings.load_profile("rung")
