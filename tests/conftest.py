"""What every test run has: the workshop's fixtures, and how long hypothesis searches."""

import os

from hypothesis import HealthCheck, settings

pytest_plugins = ["weft.testing.plugin"]

settings.register_profile("dev", max_examples=25, stateful_step_count=20, deadline=None)
settings.register_profile(
    "ci",
    max_examples=100,
    stateful_step_count=40,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],  # a shared machine may be busy
)
settings.load_profile("ci" if os.environ.get("CI") else "dev")
