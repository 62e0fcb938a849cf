"""The room's account at SIP servers: from its configuration to registrations, and from those to reports."""

from __future__ import annotations

import re

from videobar.engine.protocol import AccountConfiguration
from videobar.room.calls.port import SipServer
from videobar.sip.registration.account import Account, RegistrationIntervals
from videobar.sip.registration.account_registrations import AccountRegistrations
from videobar.sip.registration.registration import RegistrationState
from videobar.sip.session.digest import Credentials
from videobar.sip.syntax.uri import SipUri, join_host_port
from videobar.vocabulary import SubsystemState

STATES = {
    RegistrationState.UP: SubsystemState.UP,
    RegistrationState.OFF: SubsystemState.OFF,
    RegistrationState.DOWN: SubsystemState.DOWN,
    RegistrationState.TRYING: SubsystemState.DOWN,
}
PRODUCT = re.compile(r"([^/(]+?)\s*(?:/\s*([^\s()]+)|\(\s*v?(\d[^\s()]*)|\Z)")
"""`name/version` as RFC 3261 section 20.35 has it, or `name (version …)` as Kamailio has it."""


def account_of(configuration: AccountConfiguration) -> Account:
    """The account. Raises `MalformedUri` for an address that is none."""
    return Account(
        address=SipUri.parse(configuration.address),
        servers=tuple(SipUri.parse(each) for each in configuration.servers),
        credentials=Credentials(configuration.user, configuration.password),
        proxy=SipUri.parse(configuration.proxy) if configuration.proxy else None,
        intervals=RegistrationIntervals(expires=configuration.expires, keep_alive=configuration.keep_alive),
    )


def servers_of(registrations: AccountRegistrations) -> tuple[SipServer, ...]:
    """State of the account's registration at each of its servers."""
    return tuple(
        SipServer(shown(each.server), STATES[each.state], *model_and_version(each.agent), each.detail)
        for each in registrations.registrations
    )


def shown(server: SipUri) -> str:
    """A server as it is shown: host, and port where it has one."""
    return join_host_port(server.host, server.port) if server.port else server.host


def model_and_version(product: str) -> tuple[str, str]:
    """What a `Server` header says, taken apart; the version is empty where there is none."""
    match = PRODUCT.match(product.strip())
    if match is None:
        return product.strip(), ""
    return match[1].strip(), match[2] or match[3] or ""
