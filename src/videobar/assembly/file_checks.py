"""File checks: whether what would use a file can, asked when a setting names it, not when it is first needed."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from videobar.adapters.cameras.setting import CameraSetting, file_of
from videobar.adapters.host.chain import check_chain, check_key
from videobar.assembly.calendar import LARGEST_PATTERNS
from videobar.errors import StartError
from videobar.files import MIB, read_regular
from videobar.pem import believe
from videobar.room.calendar.addresses import Patterns
from videobar.room.calendar.port import ProviderError
from videobar.settings import Settings, flag_name
from videobar.settings.room_kinds import is_source_without_file

LARGEST_KEY = 64 * 1024
EXAMINE_S = 30.0
"""Time that libav may take over a file."""


@dataclass(frozen=True)
class FileChecks:
    """Examines values before they are kept; `settings` are those in use."""

    settings: Settings
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def __call__(self, name: str, value: Any) -> None:
        """Raises `ValueError` where a setting's value names a file that cannot be used; the text says why.

        One file is looked at after the other, however many are asked about at once.
        """
        async with self._turn:
            await self._examine(name, value)

    async def _examine(self, name: str, value: Any) -> None:
        match name:
            case "microphone":
                await self._sounds((value,))
            case "fence_microphones":
                await self._sounds(value)
            case "cameras":
                await self._pictures(value)
            case _ if value and name in _EXAMINERS:
                try:
                    await asyncio.to_thread(_EXAMINERS[name], self.settings, value)
                except OSError as error:
                    raise ValueError(f"cannot be used: {error.strerror or error}") from None

    async def _sounds(self, values: tuple[str, ...]) -> None:
        for value in values:
            if not is_source_without_file(value):
                await _by_libav("sound", Path(value))

    async def _pictures(self, values: tuple[CameraSetting, ...]) -> None:
        for camera in values:
            if camera.scheme == "file":
                await _by_libav("picture", file_of(camera.url))


async def check_given_files(settings: Settings) -> None:
    """Raises `StartError` for files that the operator gave and SIP over TLS could not use."""
    examine = FileChecks(settings)
    for name in ("sip_certificate", "sip_key", "sip_tls_ca"):
        if name in settings.given:
            try:
                await examine(name, getattr(settings, name))
            except ValueError as error:
                raise StartError(name, f"{flag_name(name)}: {getattr(settings, name)} {error}") from None


async def _by_libav(kind: str, path: Path) -> None:
    if find_spec("av") is None:  # then nothing would open it
        return
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "videobar.media.examine",
        kind,
        str(path),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(EXAMINE_S):
            said, _ = await child.communicate()
    except TimeoutError:
        raise ValueError(f"cannot be used: it was not read within {EXAMINE_S:.0f} s") from None
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    problem = said.decode(errors="replace").strip()
    if child.returncode or problem:
        raise ValueError(f"cannot be used: {problem or 'its decoder ended'}")


def _certificate(settings: Settings, path: Path) -> None:
    _judged(check_chain, read_regular(path, MIB))


def _key(settings: Settings, path: Path) -> None:
    _judged(check_key, read_regular(path, LARGEST_KEY))


def _judged(check: Callable[[bytes], object], content: bytes) -> None:
    try:
        check(content)
    except ValueError as error:
        raise ValueError(f"cannot be used: it {error}") from None


def _authorities(settings: Settings, path: Path) -> None:
    believe(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), path)


def _patterns(settings: Settings, path: Path) -> None:
    Patterns.load(read_regular(path, LARGEST_PATTERNS).decode(), settings.calendar_gateways)


def _gateways(settings: Settings, rules: tuple[tuple[str, str], ...]) -> None:
    own = settings.calendar_patterns
    Patterns.load(read_regular(own, LARGEST_PATTERNS).decode() if own is not None else "", rules)


def _calendar(settings: Settings, url: str) -> None:
    if url.startswith("/"):
        # The HTTP client behind it is large, and a room without a calendar does not need it.
        from videobar.adapters.calendar.servers.ics import read_calendar

        try:
            read_calendar(Path(url))
        except ProviderError as error:
            raise ValueError(f"cannot be used: {error}") from None


def _service_account(settings: Settings, path: str) -> None:
    from videobar.adapters.calendar.servers.google import ServiceAccount

    try:
        ServiceAccount(Path(path))
    except ProviderError as error:
        raise ValueError(f"cannot be used: {error}") from None


_EXAMINERS: Mapping[str, Any] = {
    "sip_certificate": _certificate,
    "sip_key": _key,
    "sip_tls_ca": _authorities,
    "ldap_ca_file": _authorities,
    "calendar_ca_file": _authorities,
    "calendar_patterns": _patterns,
    "calendar_gateways": _gateways,
    "calendar_url": _calendar,
    "calendar_key_file": _service_account,
}
