"""Names of passwords and of who is believed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Final

from videobar.adapters.host.authority_files import keep_authorities
from videobar.assembly.names.behind import Behind
from videobar.assembly.names.kinds import (
    read_only,
    setting,
    truth,
)
from videobar.room.accounts import ADMIN
from videobar.room.system.configuration import (
    Value,
    Variable,
    as_text,
)

NO_MENU: Final = "the room has no menu of its own"


def security(behind: Behind) -> Iterator[Variable]:
    """Passwords of people, and certificates of servers."""
    configured, accounts = behind.configured, behind.accounts

    async def set_password(value: Value) -> None:
        await accounts.set_password(ADMIN, as_text(value), field="value")

    async def believe(value: Value) -> None:
        pem = as_text(value).strip()
        path = await asyncio.to_thread(keep_authorities, configured.data, pem) if pem else None
        await configured.write({"sip_tls_ca": str(path) if path is not None else None})

    yield Variable(
        "sec.auth.admin.password",
        "password of the user admin",
        lambda: "",
        set_password,
        secure=True,
        account=ADMIN,
    )
    yield Variable(
        "sec.auth.admin.room.password",
        "password at the room's own menu",
        lambda: "",
        secure=True,
        fixed=NO_MENU,
    )
    yield from read_only(
        "sec.auth.admin.useRoomPassword",
        "whether the password of the room's own menu is the administrator's",
        lambda: False,
        NO_MENU,
    )
    yield from read_only("sec.auth.admin.id", "name of the administrator", lambda: ADMIN)
    yield from setting(
        "sec.TLS.cert.validatePeer.enable", configured, "sip_tls_verify", bool, truth("sip_tls_verify")
    )
    yield Variable(
        "sec.TLS.customCaCert.1",
        "certificates of the CAs that SIP servers are believed by, in PEM; those of the system when it is empty",
        lambda: "",
        believe if configured.editable("sip_tls_ca") else None,
        at_restart=True,
        secure=True,
        waits=lambda: configured.waits("sip_tls_ca"),
    )
