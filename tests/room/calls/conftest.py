from __future__ import annotations

import pytest

from videobar.room.calls.service import Calls


@pytest.fixture
async def calls(make_calls) -> Calls:
    return make_calls(ring_seconds=60.0, max_connections=3)
