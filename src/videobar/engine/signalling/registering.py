"""Registrations of the room's account at SIP servers, and reports about them."""

from __future__ import annotations

import re
from collections.abc import Callable

from videobar.engine.process.protocol import SipServers
from videobar.net import host_port
from videobar.room.calls.port import SipServer
from videobar.sip.registration.account import Account
from videobar.sip.registration.account_registrations import AccountRegistrations, OutboundRoute
from videobar.sip.registration.registration import RegistrationState
from videobar.sip.syntax.uri import SipUri
from videobar.sip.user_agent import UserAgent
from videobar.vocabulary import SubsystemState


class Registering:
    """Registers the room's account, and another one in its place. Belongs to the event loop."""

    def __init__(self, agent: UserAgent, report: Callable[[SipServers], None]) -> None:
        self._agent = agent
        self._report = report
        self._wanted: Account | None = None
        self._used: Account | None = None
        self._current: AccountRegistrations | None = None
        self._leaving = False
        """True while servers of the next account still have to forget the account before."""

    def use(self, account: Account | None) -> None:
        """Register this account, or none, from now on.

        Where both are at the same server, it first forgets the one before, or it would forget the new one with it.
        """
        before, self._wanted = self._wanted, account
        if account == before:
            return
        if self._leaving:
            return
        current, self._current = self._current, None
        if current is None:
            self._begin()
            return
        self._leaving = self._shares_a_server(account)
        self._agent.unregister(current, self._left)
        if not self._leaving and self._used is not account:
            self._begin()

    def route_to(self, target: SipUri) -> OutboundRoute:
        """Route for a call to `target`."""
        return self._current.route_to(target) if self._current is not None else OutboundRoute()

    def _shares_a_server(self, account: Account | None) -> bool:
        used = self._used.servers if self._used is not None else ()
        return account is not None and not set(used).isdisjoint(account.servers)

    def _left(self) -> None:
        if self._leaving:
            self._leaving = False
            self._begin()

    def _begin(self) -> None:
        account = self._used = self._wanted
        if account is None:
            self._report(SipServers(()))
            return

        def changed(registrations: AccountRegistrations) -> None:
            if self._used is account and not self._leaving:
                self._report(SipServers(servers_of(registrations)))

        self._current = self._agent.register(account, changed)


STATES = {
    RegistrationState.UP: SubsystemState.UP,
    RegistrationState.OFF: SubsystemState.OFF,
    RegistrationState.DOWN: SubsystemState.DOWN,
    RegistrationState.TRYING: SubsystemState.DOWN,
}
PRODUCT = re.compile(r"([^/(]+?)\s*(?:/\s*([^\s()]+)|\(\s*v?(\d[^\s()]*)|\Z)")
"""`name/version` as RFC 3261 section 20.35 has it, or `name (version …)` as Kamailio has it."""


def servers_of(registrations: AccountRegistrations) -> tuple[SipServer, ...]:
    """State of the account's registration at each of its servers."""
    return tuple(
        SipServer(shown(each.server), STATES[each.state], *model_and_version(each.agent), each.detail)
        for each in registrations.registrations
    )


def shown(server: SipUri) -> str:
    """A server as it is shown: host, and port where it has one."""
    return host_port(server.host, server.port) if server.port else server.host


def model_and_version(product: str) -> tuple[str, str]:
    """Model and version by a `Server` header; the version is empty where there is none."""
    match = PRODUCT.match(product.strip())
    if match is None:
        return product.strip(), ""
    return match[1].strip(), match[2] or match[3] or ""
