"""`/rest/security`: passwords; and what is ours under `/x/security`: accounts, sessions, audit log."""

from __future__ import annotations

from typing import Annotated, Protocol

from msgspec import UNSET, Meta, UnsetType, field

from videobar.contract.model import LONGEST_ID, EpochMs, Id, Success, WireModel, doc
from videobar.contract.operation import Certainty, Danger, InPath, InQuery, delete, get, post
from videobar.errors import AccountExists, NoSuchAccount, NoSuchSession, PasswordWrong
from videobar.vocabulary import Role

LONGEST_PASSWORD = 2048
LONGEST_HOST = 512

AccountName = Annotated[
    str, InPath("account"), doc("Name of the account; its case does not matter.", max_length=LONGEST_ID)
]


class PasswordRequest(WireModel, kw_only=True):
    """A new password, and the old one as a proof."""

    old_password: Annotated[str, doc("The password until now.", max_length=LONGEST_PASSWORD)]
    new_password: Annotated[str, doc("The new one.", max_length=LONGEST_PASSWORD)]


class AccountDescription(WireModel, kw_only=True):
    """One account."""

    user: Annotated[str, doc("Its name, in lower case.")]
    role: Annotated[Role, doc("Role, which decides what it may do.")]


class AccountRequest(WireModel, kw_only=True):
    """An account to make."""

    user: Annotated[str, doc("Its name.", max_length=LONGEST_ID)]
    password: Annotated[str, doc("Its password.", max_length=LONGEST_PASSWORD)]
    role: Annotated[Role, doc("Role, which decides what it may do.")] = Role.USER


class SessionSummary(WireModel, kw_only=True):
    """One session, without the id that would let anybody use it."""

    handle: Annotated[str, doc("Names the session here and in logs.")]
    user: Annotated[str, doc("User of the session.")]
    role: Annotated[Role, doc("Role, which decides what it may do.")]
    location: Annotated[str, doc("Address of the client.")]
    idle_seconds: Annotated[int, doc("Seconds since the last request in it.")]
    own: Annotated[bool, doc("Whether it is the one that asks.")]


class AuditEntry(WireModel, kw_only=True):
    """One change, or one login."""

    number: Annotated[int, doc("Grows with every entry.")]
    time: Annotated[EpochMs, doc("Time of the request.")]
    user: Annotated[str, doc("User who asked for it; empty for a stranger.")]
    address: Annotated[str, doc("Address of the client.")]
    session: Annotated[str, doc("Handle of the session; empty without one.")]
    action: Annotated[str, doc("Id of the action.")]
    target: Annotated[str, doc("Path, without its query.")]
    names: Annotated[list[str], doc("Names of what was to be changed, where the path does not name it.")]
    status: Annotated[int, doc("HTTP status of the answer.")]
    reason: Annotated[str, doc("Reason why it was refused; empty when it was done.")]


class CertificateDescription(WireModel, kw_only=True):
    """The certificate in use."""

    subject: Annotated[str, doc("Subject of the certificate.")]
    issuer: Annotated[str, doc("Authority that signed it.")]
    names: Annotated[list[str], doc("The hosts that it is for.")]
    not_before: Annotated[EpochMs, doc("Time from which it is valid.")]
    not_after: Annotated[EpochMs, doc("Time until which it is valid.")]
    fingerprint: Annotated[str, doc("SHA-256, hexadecimal pairs with colons.")]
    self_signed: Annotated[bool, doc("Whether the room signed it itself.")]
    request_pending: Annotated[bool, doc("Whether a key waits for the certificate that was asked for.")]
    other_fingerprints: Annotated[
        list[str] | UnsetType,
        doc("Those of certificates that are shown to clients that cannot use this one; absent without any."),
    ] = UNSET


class SigningRequest(WireModel, kw_only=True):
    """Subject of a certificate signing request."""

    common_name: Annotated[str, doc("Name of the room's host.", max_length=LONGEST_HOST)]
    names: Annotated[
        list[Annotated[str, Meta(max_length=LONGEST_HOST)]],
        doc("All its names and addresses; the common name where there is none.", max_length=100),
    ] = field(default_factory=list)


class SigningRequestAnswer(WireModel, kw_only=True):
    """Certificate signing request, to give to the authority."""

    csr: Annotated[str, doc("Certificate signing request, PEM.")]


class Security(Protocol):
    """Actions on accounts, passwords and sessions."""

    @post(
        "security_password_set",
        "/security/password/{account}",
        documented=False,
        certainty=Certainty.RECORDED,
        errors=(PasswordWrong, NoSuchAccount),
    )
    async def set_password(self, account: AccountName, request: PasswordRequest) -> Success:
        """Change a password; all other sessions of that account end. Devices know `ADMIN` only."""
        ...

    @get("security_accounts_get", "/security/accounts", own=True, documented=False)
    async def accounts(self) -> list[AccountDescription]:
        """All accounts."""
        ...

    @post("security_accounts_add", "/security/accounts", own=True, documented=False, errors=(AccountExists,))
    async def add_account(self, request: AccountRequest) -> AccountDescription:
        """Make an account."""
        ...

    @delete(
        "security_accounts_remove",
        "/security/accounts/{account}",
        own=True,
        documented=False,
        danger=Danger.DELETES,
        errors=(NoSuchAccount,),
    )
    async def remove_account(self, account: AccountName) -> None:
        """Remove an account; its sessions end. `admin` stays."""
        ...

    @get("security_certificate_get", "/security/certificate", own=True, documented=False)
    async def certificate(self) -> CertificateDescription:
        """The certificate that the room shows."""
        ...

    @post("security_certificate_request", "/security/certificate/request", own=True, documented=False)
    async def request_certificate(self, request: SigningRequest) -> SigningRequestAnswer:
        """Make a key and a request for an authority to sign; `PUT /rest/system/certificates` takes what it signs."""
        ...

    @delete("security_certificate_remove", "/security/certificate", own=True, documented=False)
    async def remove_certificate(self) -> None:
        """Go back to a certificate that the room signs itself."""
        ...

    @get("security_sessions_get", "/security/sessions", own=True, documented=False)
    async def sessions(self) -> list[SessionSummary]:
        """All sessions, oldest first."""
        ...

    @delete(
        "security_sessions_end",
        "/security/sessions/{handle}",
        own=True,
        documented=False,
        errors=(NoSuchSession,),
    )
    async def end_session(self, handle: Annotated[Id, InPath("handle"), doc("Its handle.")]) -> None:
        """End a session."""
        ...

    @get("security_audit_get", "/security/audit", own=True, documented=False)
    async def audit(
        self,
        limit: Annotated[int, InQuery("limit"), Meta(ge=1, le=1000, description="At most so many.")] = 100,
        before: Annotated[int | None, InQuery("before"), doc("Only entries before this number.")] = None,
    ) -> list[AuditEntry]:
        """Audit log: each change, by whom and from where, newest first."""
        ...
