"""Secrets that the room keeps for others, such as a registrar's password: sealed in the store, with a key beside it."""

from __future__ import annotations

import logging
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from videobar.files import write_private

log = logging.getLogger("videobar.store")

MARK = "sealed:"


class SecretBox:
    """Seals texts under the key in `path`, a file that only its owner can read, made when it is first needed.

    A copy of the store alone gives no secret away. Without the key the secrets are lost, and nothing else.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._key: Fernet | None = None

    def seal(self, secret: str) -> str:
        """`secret` as it may be stored. Raises `OSError` when the key cannot be written."""
        return MARK + self._cipher(create=True).encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str | None:
        """Plain text of a sealed secret, or `None` when it was sealed under another key, or never."""
        if not sealed.startswith(MARK):
            return None
        try:
            return self._cipher(create=False).decrypt(sealed.removeprefix(MARK).encode()).decode()
        except (InvalidToken, OSError, ValueError):
            log.error("a secret cannot be read with the key in %s, and counts as not set", self._path.name)
            return None

    def _cipher(self, *, create: bool) -> Fernet:
        if self._key is None:
            if create and not self._path.exists():
                write_private(self._path, Fernet.generate_key())
            self._key = Fernet(self._path.read_bytes())
        return self._key
