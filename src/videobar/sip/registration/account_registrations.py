"""Registrations of an account at several servers: calls go through the best one that answers.

A server is tried once all better ones have failed. While one is up, those before it are still tried, and as soon as a
better one is up again, the others are left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from videobar.sip.registration.account import Account
from videobar.sip.registration.registration import Registration, RegistrationState, loose_route
from videobar.sip.session.core import UserAgentCore
from videobar.sip.session.digest import Credentials
from videobar.sip.syntax.uri import SipUri
from videobar.sip.transport.flow import Flow
from videobar.sip.transport.resolver import is_literal


@dataclass(frozen=True)
class OutboundRoute:
    """Outbound route of a call: route set, From address and credentials; all empty for a direct call."""

    route: tuple[SipUri, ...] = ()
    address: SipUri | None = None
    credentials: Credentials | None = None


class AccountRegistrations:
    """Registrations of one account, made by `UserAgent.register`.

    `on_change` is called after each change of a server's state, for the first time before `register` returns.
    """

    def __init__(
        self, core: UserAgentCore, account: Account, on_change: Callable[[AccountRegistrations], None]
    ) -> None:
        self.account = account
        self._on_change = on_change
        self._updating = False
        self._stopped = False
        self._unfinished = 0
        self._then: Callable[[], None] = lambda: None
        self.registrations = tuple(
            Registration(core, account, server, self._changed) for server in account.servers
        )

    @property
    def active(self) -> Registration | None:
        """The registration that counts: of those that are up, the one that comes first."""
        return next((each for each in self.registrations if each.is_up), None)

    def start(self) -> None:
        """Begin to register."""
        self._update()

    def stop(self, then: Callable[[], None]) -> None:
        """Take all registrations back; `then` is called when all servers have answered or been silent for too long."""
        self._stopped = True
        self._then = then
        self._unfinished = len(self.registrations)
        for each in self.registrations:
            each.stop(self._finished)

    def route_to(self, target: SipUri) -> OutboundRoute:
        """Outbound route for a call to `target`.

        With an outbound proxy everything goes there. Otherwise names and the account's own domain go by the server that
        knows us, while a numeric address is called as it is.
        """
        account, active = self.account, self.active
        home = (target.host, target.port) == (account.address.host, account.address.port)
        if account.proxy is not None:
            route = (loose_route(account.proxy), *(active.service_route if active is not None else ()))
        elif active is None or (is_literal(target.host) and not home):
            return OutboundRoute()
        elif active.service_route:
            route = active.service_route
        else:
            server = active.server
            same = (target.host, target.port) == (server.host, server.port)
            route = () if same and target.transport in ("", server.transport) else (loose_route(server),)
            if same and not target.transport and server.transport:
                route = (loose_route(server),)
        return OutboundRoute(route, account.address, account.credentials)

    def is_served_by(self, host: str) -> bool:
        """True if we are registered at the server with this numeric address."""
        return any(
            each.is_up and each.flow is not None and each.flow.host == host for each in self.registrations
        )

    def flow_broken(self, flow: Flow) -> None:
        """Handle a flow that failed."""
        for each in self.registrations:
            each.flow_broken(flow)

    def uses(self, flow: Flow) -> bool:
        """True if a connection must stay open for a registration."""
        return any(each.uses(flow) for each in self.registrations)

    def _changed(self) -> None:
        self._update()
        self._on_change(self)

    def _update(self) -> None:
        """Start the registrations that are wanted, and stop the others, with the changes that this causes in turn."""
        if self._updating or self._stopped:
            return
        self._updating = True
        wanted = True
        for each in self.registrations:
            if wanted:
                each.start()
            elif each.state is not RegistrationState.OFF:
                each.stop()
            # The next one is wanted when this one has failed, and all before it.
            wanted = wanted and each.state is RegistrationState.DOWN
        self._updating = False

    def _finished(self) -> None:
        self._unfinished -= 1
        if self._unfinished == 0:
            self._then()
