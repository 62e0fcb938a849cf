"""Passwords hashed with Argon2id in threads of their own."""

from __future__ import annotations

import asyncio
import ctypes
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from videobar.errors import Unavailable

log = logging.getLogger("videobar.sessions")

MEMORY_KIB = 19 * 1024
ROUNDS = 2
LANES = 1
THREADS = 2
"""A login takes MEMORY_KIB; more threads than this would let a storm of logins take memory and cores."""

M_MMAP_THRESHOLD = -3
"""Option number in glibc's malloc.h."""
LARGE_BLOCK = 1024 * 1024

T = TypeVar("T")


class Argon2Hasher:
    """Hashes and verifies in two threads; call `close` at the end.

    `memory_kib` and `rounds` are for tests; changing them makes older hashes be renewed at the next login.
    """

    def __init__(self, *, memory_kib: int = MEMORY_KIB, rounds: int = ROUNDS) -> None:
        self._argon2 = PasswordHasher(
            time_cost=rounds, memory_cost=memory_kib, parallelism=LANES, type=Type.ID
        )
        self._threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="passwords")
        _return_large_blocks()

    async def hash(self, password: str) -> str:
        """An Argon2id hash in PHC text form."""
        return await self._run(lambda: self._argon2.hash(password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """True if `stored` was made from `password`; false after the same work when `stored` is `None`."""
        return await self._run(lambda: self._verify(stored, password))

    def needs_rehash(self, stored: str) -> bool:
        """True if `stored` has other parameters than those in use."""
        return self._argon2.check_needs_rehash(stored)

    def close(self) -> None:
        """End the threads; later calls raise `Unavailable`."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            future = asyncio.get_running_loop().run_in_executor(self._threads, work)
        except RuntimeError as error:
            raise Unavailable("passwords are no longer checked: the room is stopping") from error
        return await future

    def _verify(self, stored: str | None, password: str) -> bool:
        if stored is None:
            self._argon2.hash(password)
            return False
        try:
            return self._argon2.verify(stored, password)
        except VerifyMismatchError:
            return False
        except (InvalidHashError, VerificationError) as error:
            log.error("a stored password hash cannot be used: %s", type(error).__name__)
            return False


def _return_large_blocks() -> None:
    """Make glibc give blocks of a megabyte and more back to the system when they are freed.

    It would otherwise keep the memory of the second hash for good (19 MiB measured). Elsewhere this does nothing.
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(M_MMAP_THRESHOLD, LARGE_BLOCK)
