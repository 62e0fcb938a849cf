"""Names of SIP: the account, its servers and how they are reached."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from videobar.assembly.names.behind import Behind
from videobar.assembly.names.kinds import (
    Texts,
    letters,
    read_only,
    setting,
    state,
    text,
)
from videobar.errors import InvalidRequest
from videobar.net import host_port
from videobar.room.system.configuration import (
    NotEditable,
    Value,
    Variable,
    as_text,
    as_yes_or_no,
)

STANDARD_SIP: Final = "Standard SIP"


def sip(behind: Behind) -> Iterator[Variable]:
    """The account and its servers."""
    configured = behind.configured

    def address(user: str) -> Value:
        domain = configured.value("sip_domain")
        return f"{user}@{host_port(domain)}" if domain else user

    def take_address(value: Value) -> Texts:
        written = as_text(value).strip()
        if written.lower().startswith("sip:"):
            written = written[len("sip:") :]
        user, at, host = written.rpartition("@")
        if not at:
            return (
                {"sip_user": written, "sip_domain": None}
                if configured.value("sip_domain")
                else {"sip_user": written}
            )
        return {"sip_user": user, "sip_domain": host}

    async def speak(value: Value) -> None:
        if as_yes_or_no(value) is not behind.speaks_sip:
            raise NotEditable("what carries calls is set by videobar.engine")

    async def set_server_type(value: Value) -> None:
        if letters(value) not in (letters(STANDARD_SIP), "standard", "unknown"):
            raise InvalidRequest(f"value: must be {STANDARD_SIP}, the only kind of server that is known here")

    yield from state(
        "comm.callpreference.sipenable voIpProt.SIP.enable SIP.enableSIP",
        "whether calls are carried by SIP",
        lambda: behind.speaks_sip,
        speak,
    )
    yield from setting(
        "comm.nics.sipnic.sipusername voIpProt.SIP.userName",
        configured,
        "sip_user sip_domain",
        address,
        take_address,
        "the room's SIP address, or its user part where the domain is that of the first server",
    )
    yield from setting(
        "comm.nics.sipnic.sipregistrarserver voIpProt.SIP.registrarServer",
        configured,
        "sip_servers",
        lambda servers: ",".join(map(_bare, servers)),
        text("sip_servers"),
    )
    yield from setting(
        "comm.nics.sipnic.sipproxyserver voIpProt.SIP.proxyServer",
        configured,
        "sip_proxy",
        lambda server: _bare(server or ""),
        text("sip_proxy"),
    )
    yield from state(
        "comm.nics.sipnic.sipregistrarservertype voIpProt.SIP.registrarServerType",
        "what kind of server it is",
        lambda: STANDARD_SIP,
        set_server_type,
    )
    yield from setting(
        "voIpProt.SIP.auth.userId",
        configured,
        "sip_auth_user",
        lambda user: user or "",
        text("sip_auth_user"),
    )
    yield from setting(
        "voIpProt.SIP.auth.password",
        configured,
        "sip_password",
        as_text,
        lambda value: {"sip_password": as_text(value) or None},
    )
    yield from setting(
        "voIpProt.SIP.transport",
        configured,
        "sip_transport",
        lambda transport: "Auto" if transport == "auto" else transport.upper(),
        text("sip_transport"),
    )
    yield from read_only(
        "comm.callpreference.sipdialplannormalizationstatus",
        "whether a server changes what is dialled",
        lambda: False,
    )
    for which in ("sip", "h323"):
        yield from read_only(
            f"comm.callsetting.debug.{which}debug log.feature.{which}Trace.enable",
            "whether all messages are logged",
            lambda: False,
            "messages are not logged here",
        )


def _bare(server: str) -> str:
    """A server's URI as devices write it: without the scheme that is meant anyway."""
    return server.removeprefix("sip:")
