"""Errors between a client and an LDAP server."""

from __future__ import annotations


class LdapError(Exception):
    """Root of these errors; the text is for people."""


class ServerAway(LdapError):
    """No connection could be made, or it broke, or there was no answer in time."""


class CertificateRefused(ServerAway):
    """The server's certificate is not trusted, or is another host's."""


class CredentialsRefused(ServerAway):
    """The server does not take the name or the password."""


class NotLdap(ServerAway):
    """Received bytes are no LDAP message."""


class LdapRefused(LdapError):
    """The server answered with a result code that is no success (RFC 4511, appendix A)."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text or f"result code {code}")
        self.code = code


INVALID_CREDENTIALS = 49
REFERRAL = 10
NO_SUCH_OBJECT = 32
NOT_HERE = frozenset({REFERRAL, NO_SUCH_OBJECT})
"""Codes for an entry that the server has not."""
SIZE_LIMIT_EXCEEDED = 4
TIME_LIMIT_EXCEEDED = 3
ADMIN_LIMIT_EXCEEDED = 11
LIMITS = frozenset({SIZE_LIMIT_EXCEEDED, TIME_LIMIT_EXCEEDED, ADMIN_LIMIT_EXCEEDED})
"""Codes that end a search early; what came before them is good."""
