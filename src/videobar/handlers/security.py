"""`/rest/security` and `/x/security`."""

from __future__ import annotations

from msgspec import UNSET

from videobar.contract import security as contract
from videobar.contract.model import Success
from videobar.contract.security import (
    AccountDescription,
    AccountRequest,
    AuditEntry,
    CertificateDescription,
    PasswordRequest,
    SessionSummary,
    SigningRequest,
    SigningRequestAnswer,
)
from videobar.errors import CertificateShared
from videobar.room.room import Room
from videobar.room.session import Caller
from videobar.room.system.certificates import Certificates


class SecurityHandler(contract.Security):
    """Accounts, sessions and the audit log, for one caller."""

    def __init__(self, room: Room, caller: Caller) -> None:
        self._accounts = room.accounts
        self._sessions = room.sessions
        self._audit = room.audit
        self._certificates = room.certificates
        self._caller = caller

    async def set_password(self, account: str, request: PasswordRequest) -> Success:
        """Change it, and end the other sessions of that account."""
        await self._accounts.change_password(account, request.old_password, request.new_password)
        self._sessions.end_others(account.lower(), self._caller.session)
        return Success()

    async def accounts(self) -> list[AccountDescription]:
        """All accounts."""
        return [AccountDescription(user=one.name, role=one.role) for one in self._accounts.all()]

    async def add_account(self, request: AccountRequest) -> AccountDescription:
        """Make one."""
        made = await self._accounts.add(request.user, request.role, request.password)
        return AccountDescription(user=made.name, role=made.role)

    async def remove_account(self, account: str) -> None:
        """Remove one."""
        await self._accounts.remove(account)
        self._sessions.end_others(account.lower(), None)

    async def certificate(self) -> CertificateDescription:
        """Contents of the certificate."""
        facts = await shown(self._certificates).facts()
        return CertificateDescription(
            subject=facts.subject,
            issuer=facts.issuer,
            names=list(facts.names),
            not_before=facts.not_before_ms,
            not_after=facts.not_after_ms,
            fingerprint=facts.fingerprint,
            self_signed=facts.self_signed,
            request_pending=facts.request_pending,
            other_fingerprints=list(facts.other_fingerprints) or UNSET,
        )

    async def request_certificate(self, request: SigningRequest) -> SigningRequestAnswer:
        """Ask for one."""
        csr = await shown(self._certificates).request(request.common_name, request.names)
        return SigningRequestAnswer(csr=csr)

    async def remove_certificate(self) -> None:
        """Sign one ourselves."""
        await shown(self._certificates).remove()

    async def sessions(self) -> list[SessionSummary]:
        """All sessions."""
        return [
            SessionSummary(
                handle=one.handle,
                user=one.user,
                role=one.role,
                location=one.location,
                idle_seconds=self._sessions.idle_s(one),
                own=one is self._caller.session,
            )
            for one in self._sessions.all()
        ]

    async def end_session(self, handle: str) -> None:
        """End one."""
        self._sessions.end(handle)

    async def audit(self, limit: int = 100, before: int | None = None) -> list[AuditEntry]:
        """The newest first."""
        return [
            AuditEntry(
                number=entry.number,
                time=entry.at_ms,
                user=entry.user,
                address=entry.address,
                session=entry.session,
                action=entry.action,
                target=entry.target,
                names=list(entry.names),
                status=entry.status,
                reason=entry.reason,
            )
            for entry in await self._audit.latest(limit, before)
        ]


def shown(certificates: Certificates | None) -> Certificates:
    """The room's certificate. Raises `CertificateShared` where several rooms show the same one."""
    if certificates is None:
        raise CertificateShared("this room has no certificate of its own")
    return certificates
