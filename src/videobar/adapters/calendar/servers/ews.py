"""Exchange on premises, by Exchange Web Services in a process of its own."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from videobar.adapters.calendar.child import Child, ChildFailed, ChildNotStarted
from videobar.adapters.calendar.servers.ews_child import EwsAccount, EwsAnswer, Question
from videobar.room.calendar.meeting import Changes, Window
from videobar.room.calendar.port import CalendarAccount, ProviderError, ProviderRefused, ProviderUnreachable

PATIENCE_S = 300.0
"""Time that one sync may take: the first one of a full calendar is long."""


def installed() -> bool:
    """True if the library for EWS is installed."""
    return find_spec("exchangelib") is not None


class Ews:
    """Implements `CalendarProvider`. The change keys of the view tell what must be read again."""

    def __init__(self, account: CalendarAccount, ca_file: Path | None, proxy: str = "") -> None:
        self._host = urlsplit(account.url).hostname or "exchange"
        self._account = EwsAccount(
            account.url,
            account.user,
            account.password,
            account.address,
            str(ca_file) if ca_file else "",
            proxy,
        )
        self._child = Child("videobar.adapters.calendar.servers.ews_child")
        self._decoder = msgspec.msgpack.Decoder(EwsAnswer)

    async def changes(self, window: Window, known: Mapping[str, str], token: str) -> Changes:
        """Changes within the window; there are no tokens."""
        await self._child.set_up(msgspec.msgpack.encode(self._account))
        try:
            content = await self._child.ask(msgspec.msgpack.encode(Question(window, dict(known))), PATIENCE_S)
        except ChildFailed as error:
            raise ProviderUnreachable(f"{self._host}: no answer ({error})") from None
        except ChildNotStarted as error:
            raise ProviderError(f"the process for Exchange does not start: {error}") from None
        answer = self._decoder.decode(content)
        if answer.changes is not None:
            return answer.changes
        if answer.refused:
            raise ProviderRefused(f"{self._host}: does not accept the credentials ({answer.refused})")
        if answer.unreachable:
            raise ProviderUnreachable(f"{self._host}: {answer.unreachable}")
        raise ProviderError(f"{self._host}: {answer.failed}")

    async def close(self) -> None:
        """End the process."""
        await self._child.stop()
