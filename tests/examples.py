"""Number of examples that Hypothesis makes: few by default, all of them with the profile `ci`.

The environment variable `HYPOTHESIS_PROFILE` names the profile, `dev` or `ci`.
"""

from __future__ import annotations

import os

from hypothesis import settings

VARIABLE = "HYPOTHESIS_PROFILE"
DEV_SHARE = 5
"""What part of the examples is made in the profile `dev`: one of so many."""
FEWEST = 20

settings.register_profile("dev", max_examples=FEWEST, deadline=None)
settings.register_profile("ci", max_examples=100, deadline=None)
PROFILE = os.environ.get(VARIABLE, "dev")


def examples(count: int) -> int:
    """How many examples a test makes that makes `count` of them in CI."""
    return count if PROFILE == "ci" else min(count, max(FEWEST, count // DEV_SHARE))
