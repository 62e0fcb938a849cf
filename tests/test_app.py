"""The composition root where the machine under it fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from videobar.app import App, CannotStart
from videobar.settings import Settings

FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no device that is always full")
async def test_a_full_disk_is_no_reason_not_to_lock_the_data(tmp_path):
    (tmp_path / "lock").symlink_to(FULL)
    app = App(Settings(data=tmp_path))
    app._lock_data_directory()
    await app.stop()


async def test_two_rooms_cannot_share_their_data_and_the_second_names_the_first(tmp_path):
    first, second = App(Settings(data=tmp_path)), App(Settings(data=tmp_path))
    first._lock_data_directory()
    with pytest.raises(CannotStart, match=r"process \d+\) uses the data directory"):
        second._lock_data_directory()
    await first.stop()
    second._lock_data_directory()
    await second.stop()
