"""Argon2 in threads. Small parameters keep these tests fast; one checks the real ones."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from videobar.adapters.host.passwords import Argon2Hasher
from videobar.errors import Unavailable


@pytest.fixture
def hasher() -> Iterator[Argon2Hasher]:
    hasher = Argon2Hasher(memory_kib=64, rounds=1)
    yield hasher
    hasher.close()


async def test_a_hash_verifies_its_password_only(hasher: Argon2Hasher) -> None:
    stored = await hasher.hash("pässword")
    assert await hasher.verify(stored, "pässword")
    assert not await hasher.verify(stored, "password")
    assert stored != await hasher.hash("pässword")


async def test_nobody_has_no_password(hasher: Argon2Hasher) -> None:
    assert not await hasher.verify(None, "")


async def test_a_damaged_hash_verifies_nothing(
    hasher: Argon2Hasher, caplog: pytest.LogCaptureFixture
) -> None:
    assert not await hasher.verify("$argon2id$nonsense", "x")
    assert "cannot be used" in caplog.text
    assert "nonsense" not in caplog.text


async def test_other_parameters_ask_for_a_new_hash(hasher: Argon2Hasher) -> None:
    stored = await hasher.hash("x")
    assert not hasher.needs_rehash(stored)
    stronger = Argon2Hasher(memory_kib=128, rounds=1)
    try:
        assert stronger.needs_rehash(stored)
        assert await stronger.verify(stored, "x")
    finally:
        stronger.close()


async def test_the_parameters_in_use() -> None:
    hasher = Argon2Hasher()
    try:
        assert (await hasher.hash("x")).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    finally:
        hasher.close()


async def test_hashing_lets_the_loop_run(hasher: Argon2Hasher) -> None:
    hashing = [asyncio.create_task(hasher.hash("x")) for _ in range(4)]
    turns = 0
    while not all(task.done() for task in hashing):
        await asyncio.sleep(0)
        turns += 1
    assert turns > 1


async def test_after_close_there_is_a_clear_error(hasher: Argon2Hasher) -> None:
    hasher.close()
    with pytest.raises(Unavailable):
        await hasher.hash("x")
