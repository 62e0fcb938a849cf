"""Access tokens (RFC 6749 section 4.4, RFC 7523): fetched when they are needed, and again when one is refused."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from yarl import URL

from videobar.adapters.calendar.web import Reply, Web, judged
from videobar.room.calendar.port import ProviderRefused

EARLY_S = 120.0
"""Time before its end from which a token is no longer used."""


class AccessToken:
    """A token of `url`; `request` makes the form that asks for one."""

    def __init__(self, web: Web, url: str, request: Callable[[], str]) -> None:
        self._web = web
        self._url = url
        self._request = request
        self._token = ""
        self._until = 0.0

    async def ask(self, method: str, url: URL, headers: Mapping[str, str]) -> Reply:
        """Ask with the token, and once more with a new one when it is refused. Raises `ProviderError`."""
        for fresh in (False, True):
            token = await self._get(fresh=fresh)
            reply = await self._web.ask(
                method, url, headers=headers, authorization=f"Bearer {token}", redirects=0
            )
            if reply.status != 401:
                break
        return reply

    async def _get(self, *, fresh: bool) -> str:
        if fresh or time.monotonic() >= self._until:
            reply = await self._web.ask(
                "POST",
                self._url,
                headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
                body=self._request().encode(),
                redirects=0,
            )
            if reply.status in (400, 401, 403):  # invalid_grant, invalid_client and their like
                raise ProviderRefused(f"{reply.url.host}: gives no token (HTTP {reply.status})")
            answer = judged(reply, 200).json()
            lifetime = answer.get("expires_in")
            self._token = str(answer.get("access_token", ""))
            seconds = float(lifetime) if isinstance(lifetime, int | float) else 3600.0
            self._until = time.monotonic() + max(0.0, seconds - EARLY_S)
        return self._token
