"""The composition root where the machine under it fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from videobar.assembly.preflight import locked
from videobar.errors import StartError
from videobar.in_process import local_room

FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no device that is always full")
def test_a_full_disk_is_no_reason_not_to_lock_the_data(tmp_path):
    (tmp_path / "lock").symlink_to(FULL)
    locked(tmp_path).close()


def test_two_rooms_cannot_share_their_data_and_the_second_names_the_first(tmp_path):
    first = locked(tmp_path)
    with pytest.raises(StartError, match=r"process \d+\) uses the data directory"):
        locked(tmp_path)
    first.close()
    locked(tmp_path).close()


async def test_sound_devices_without_their_package_are_an_error_that_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr("videobar.assembly.engine.find_spec", lambda name: None)
    with pytest.raises(StartError, match=r"sounddevice; install the extra videobar\[sound\]"):
        async with local_room(tmp_path, fence_microphones="device:Table"):
            pass
