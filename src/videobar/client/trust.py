"""Trust in certificates: verified by authorities, the one seen first, a given one, or any.

Rooms come with self-signed certificates. What `ssh` does for hosts is done here for rooms: the certificate's SHA-256
fingerprint is written down when a room is first met, and compared before anything is sent ever after.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import json
import os
import re
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from videobar.errors import CertificateUntrusted, TimedOut, Unreachable
from videobar.files import write_private
from videobar.net import host_port, reason

FINGERPRINT = re.compile(r"([0-9a-f]{64})")
LABEL = re.compile(r"^sha256(?: fingerprint=|:)")
"""Prefix of the digits, here and in what `openssl x509 -fingerprint -sha256` prints."""


class Trust(Protocol):
    """Decides about a room's certificate before anything is sent to it."""

    def context(self) -> ssl.SSLContext:
        """The settings of TLS; they are not used where there is a pin."""
        ...

    async def pin(self, host: str, port: int, timeout_s: float) -> bytes | None:
        """SHA-256 of the only certificate to accept, 32 bytes; `None` leaves it to `context`.

        Raises `NotReached`.
        """
        ...

    def remedy(self, host: str, port: int) -> str:
        """Advice for a room that shows another certificate than the pin, when it is known why it changed."""
        ...


class Verified:
    """The certificate must be signed by an authority and name the host; the default."""

    def __init__(self, context: ssl.SSLContext | None = None, *, ca_file: Path | str | None = None) -> None:
        self._context = context
        self._ca_file = ca_file

    def context(self) -> ssl.SSLContext:
        """The given context, else one with the system's authorities or those of the file.

        Raises `CertificateUntrusted` for a file that holds no certificates.
        """
        if self._context is not None:
            return self._context
        try:
            return ssl.create_default_context(cafile=self._ca_file)
        except OSError as error:  # also what is no certificate: ssl.SSLError
            reason = error.strerror if not isinstance(error, ssl.SSLError) else "no certificate in PEM"
            raise CertificateUntrusted(f"the authorities in {self._ca_file}: {reason}") from error

    async def pin(self, host: str, port: int, timeout_s: float) -> bytes | None:
        """No pin."""
        return None

    def remedy(self, host: str, port: int) -> str:
        """Nothing: there is no pin to differ from."""
        return ""


class Insecure:
    """No verification: a host in between can read the password."""

    def context(self) -> ssl.SSLContext:
        """A context that checks nothing."""
        return unchecked_context()

    async def pin(self, host: str, port: int, timeout_s: float) -> bytes | None:
        """No pin."""
        return None

    def remedy(self, host: str, port: int) -> str:
        """Nothing: there is no pin to differ from."""
        return ""


class Pinned:
    """Only the certificate with this SHA-256 fingerprint: 64 hexadecimal digits, colons and `sha256:` allowed.

    Raises `ValueError` for anything else.
    """

    def __init__(self, fingerprint: str) -> None:
        self._pin = parse_fingerprint(fingerprint)

    def context(self) -> ssl.SSLContext:
        """A context that checks nothing; the pin does."""
        return unchecked_context()

    async def pin(self, host: str, port: int, timeout_s: float) -> bytes | None:
        """The fingerprint."""
        return self._pin

    def remedy(self, host: str, port: int) -> str:
        """Pin the new one."""
        return "pin its new fingerprint"


class TrustOnFirstUse:
    """The certificate that the room showed when it was first met, as the file of known rooms has it."""

    def __init__(self, known_rooms: KnownRooms | Path | str | None = None) -> None:
        self.known_rooms = known_rooms if isinstance(known_rooms, KnownRooms) else KnownRooms(known_rooms)

    def context(self) -> ssl.SSLContext:
        """A context that checks nothing; the pin does."""
        return unchecked_context()

    async def pin(self, host: str, port: int, timeout_s: float) -> bytes | None:
        """The known fingerprint; of a new room, the one that it shows now, which is written down."""
        known = await asyncio.to_thread(self.known_rooms.find, host, port)
        if known is not None:
            return known
        shown = await shown_fingerprint(host, port, timeout_s)
        return await asyncio.to_thread(self.known_rooms.remember, host, port, shown)

    def remedy(self, host: str, port: int) -> str:
        """Forget it."""
        path, name = self.known_rooms.path, host_port(host, port)
        if path == default_known_rooms():
            return f"forget the room, which is in {path}: videobar forget {name}"
        return f"forget the room: KnownRooms({str(path)!r}).forget({host!r}, {port})"


class KnownRooms:
    """The file of known rooms: JSON, `host:port` to fingerprint, readable by its owner only.

    A file that cannot be read or understood raises `CertificateUntrusted`: it must not make every room new again.
    """

    def __init__(self, path: Path | str | None = None) -> None:
        self.path = default_known_rooms() if path is None else Path(path).expanduser()

    def find(self, host: str, port: int) -> bytes | None:
        """The fingerprint that the room is known by."""
        return self._read().get(_name(host, port))

    def remember(self, host: str, port: int, fingerprint: bytes) -> bytes:
        """Write a new room down. Returns what it is known by, which another process may have written before."""
        with self._alone():
            rooms = self._read()
            known = rooms.setdefault(_name(host, port), fingerprint)
            self._write(rooms)
        return known

    def forget(self, host: str, port: int) -> bool:
        """Take a room out, so that its next certificate is accepted. Returns whether it was in."""
        with self._alone():
            rooms = self._read()
            if rooms.pop(_name(host, port), None) is None:
                return False
            self._write(rooms)
        return True

    def _read(self) -> dict[str, bytes]:
        try:
            rooms = json.loads(self.path.read_text(encoding="utf-8"))
            return {str(name): parse_fingerprint(fingerprint) for name, fingerprint in rooms.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, AttributeError, TypeError, RecursionError) as error:
            raise CertificateUntrusted(f"the known rooms in {self.path} cannot be read: {error}") from error

    def _write(self, rooms: Mapping[str, bytes]) -> None:
        text = json.dumps({name: shown(rooms[name]) for name in sorted(rooms)}, indent=1) + "\n"
        write_private(self.path, text.encode())

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes from writing at the same time."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.with_name(f".{self.path.name}.lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise CertificateUntrusted(
                f"the known rooms in {self.path} cannot be written: {error}"
            ) from error


def default_known_rooms() -> Path:
    """`videobar/known_rooms.json` in the user's folder of settings."""
    folder = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(folder) / "videobar" / "known_rooms.json"


async def shown_fingerprint(host: str, port: int, timeout_s: float) -> bytes:
    """SHA-256 of the certificate that a room shows; nothing is sent. Raises `Unreachable`, `TimedOut`."""
    try:
        async with asyncio.timeout(timeout_s):
            _, writer = await asyncio.open_connection(host, port, ssl=unchecked_context())
    except TimeoutError:
        raise TimedOut(f"{host_port(host, port)}: no TLS within {timeout_s:g} s") from None
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"{host_port(host, port)}: {reason(error)}") from error
    try:
        certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    finally:
        writer.transport.abort()
    return hashlib.sha256(certificate or b"").digest()


def unchecked_context() -> ssl.SSLContext:
    """TLS without any check of the certificate."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def parse_fingerprint(text: str) -> bytes:
    """The 32 bytes of a SHA-256 fingerprint. Raises `ValueError`."""
    match = FINGERPRINT.fullmatch(LABEL.sub("", text.strip().lower()).replace(":", ""))
    if match is None:
        raise ValueError(f"not a SHA-256 fingerprint: {text[:80]!r}")
    return bytes.fromhex(match[1])


def shown(fingerprint: bytes) -> str:
    """A fingerprint as it is written down and shown: `sha256:` and 64 hexadecimal digits."""
    return f"sha256:{fingerprint.hex()}"


def _name(host: str, port: int) -> str:
    return f"{host.lower()}:{port}"
