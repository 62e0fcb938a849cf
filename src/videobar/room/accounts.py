"""Accounts: user names, roles and passwords, kept in the room's store.

There is always the administrator `admin`. Others can be added, with the role of a user, who may use the room, or of an
administrator, who may change it too.
"""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass

from videobar.errors import AccountExists, InvalidRequest, NoSuchAccount, PasswordWrong
from videobar.room.login import LONGEST_PASSWORD, PasswordHasher
from videobar.room.store import Key, Store, Value
from videobar.vocabulary import Role

ADMIN = "admin"
MOST_ACCOUNTS = 200
NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
HASHES_KEPT = 10


@dataclass(frozen=True)
class PasswordPolicy:
    """Password policy. `history`: how many earlier ones it may not be, 0 to 10."""

    min_length: int = 6
    history: int = 0


@dataclass(frozen=True)
class Account:
    """One account; names are in lower case."""

    name: str
    role: Role


class Accounts:
    """The accounts. What is changed is on the disk before a method returns; `StoreUnavailable` where it cannot be."""

    def __init__(self, *, store: Store, passwords: PasswordHasher, policy: PasswordPolicy) -> None:
        self._store = store
        self._passwords = passwords
        self._policy = policy
        self._writing = asyncio.Lock()

    def all(self) -> list[Account]:
        """Every account, by name."""
        names = [
            key.removeprefix(Key.ACCOUNT).removesuffix(Key.HASH_ENDING)
            for key in self._store.keys(Key.ACCOUNT)
            if key.endswith(Key.HASH_ENDING)
        ]
        return [Account(name, self.role(name)) for name in sorted(names)]

    def role(self, user: str) -> Role:
        """Role of `user`; an administrator unless it was made a user."""
        return Role.USER if self._store.get(Key.ROLE.format(user=user)) == Role.USER else Role.ADMIN

    async def load(self, user: str) -> str | None:
        """The password hash of `user`, or `None` when there is no such account."""
        stored = self._store.get(Key.PASSWORD_HASH.format(user=user))
        return stored if isinstance(stored, str) else None

    async def save(self, user: str, password_hash: str) -> None:
        """Keep another hash of the same password, or the first one of the administrator."""
        await self._store.put({Key.PASSWORD_HASH.format(user=user): password_hash})

    async def add(self, name: str, role: Role, password: str) -> Account:
        """Make an account. Raises `InvalidRequest` or `AccountExists`."""
        name = name.strip().lower()
        if not NAME.fullmatch(name):
            raise InvalidRequest(
                "user: must be 1 to 64 letters, digits and . _ @ -, beginning with a letter or digit"
            )
        self._check_policy(name, password, "password")
        fresh = await self._passwords.hash(password)
        async with self._writing:
            if await self.load(name) is not None:
                raise AccountExists(f"there is an account {name} already")
            if len(self.all()) >= MOST_ACCOUNTS:
                raise InvalidRequest(f"user: there are {MOST_ACCOUNTS} accounts already")
            await self._store.put(
                {Key.PASSWORD_HASH.format(user=name): fresh, Key.ROLE.format(user=name): role.value}
            )
        return Account(name, role)

    async def remove(self, name: str) -> None:
        """Remove an account. Raises `NoSuchAccount`, and `InvalidRequest` for the administrator, who stays."""
        name = name.lower()
        if name == ADMIN:
            raise InvalidRequest("user: admin cannot be removed")
        async with self._writing:
            if await self.load(name) is None:
                raise NoSuchAccount(f"there is no account {name}")
            keys = (Key.PASSWORD_HASH, Key.ROLE, Key.HASHES_BEFORE)
            await self._store.put({key.format(user=name): None for key in keys})

    async def change_password(self, name: str, old: str, new: str) -> None:
        """Change a password by someone who knows it. Raises `PasswordWrong` and what `set_password` raises."""
        stored = await self.load(name.lower())
        if not await self._passwords.verify(stored, old[:LONGEST_PASSWORD]) or stored is None:
            raise PasswordWrong("oldPassword: is not the password")
        await self.set_password(name, new, field="newPassword")

    async def set_password(self, name: str, password: str, *, field: str = "password") -> None:
        """Give an account another password. Raises `NoSuchAccount`, and `InvalidRequest` for one against the policy."""
        name = name.lower()
        self._check_policy(name, password, field)
        stored = await self.load(name)
        if stored is None:
            raise NoSuchAccount(f"there is no account {name}")
        before = [stored, *self._hashes_before(name)]
        for earlier in before[: self._policy.history]:
            if await self._passwords.verify(earlier, password):
                raise InvalidRequest(f"{field}: must not be one of the last {self._policy.history} passwords")
        fresh = await self._passwords.hash(password)
        async with self._writing:
            values: dict[str, Value] = {Key.PASSWORD_HASH.format(user=name): fresh}
            values[Key.HASHES_BEFORE.format(user=name)] = json.dumps(before[:HASHES_KEPT])
            await self._store.put(values)

    def _check_policy(self, name: str, password: str, field: str) -> None:
        if not self._policy.min_length <= len(password) <= LONGEST_PASSWORD:
            raise InvalidRequest(
                f"{field}: must have {self._policy.min_length} to {LONGEST_PASSWORD} characters"
            )
        if password.lower() == name:
            raise InvalidRequest(f"{field}: must not be the user name")

    def _hashes_before(self, name: str) -> list[str]:
        stored = self._store.get(Key.HASHES_BEFORE.format(user=name))
        try:
            read = json.loads(stored) if isinstance(stored, str) else []
        except ValueError:
            return []
        return [each for each in read if isinstance(each, str)] if isinstance(read, list) else []
