"""Values of settings that are words, where no other part of the program has an enumeration of them."""

from __future__ import annotations

from enum import StrEnum


class EngineKind(StrEnum):
    """The kinds of call engine."""

    SIP = "sip"
    SIMULATED = "simulated"


class SipTransport(StrEnum):
    """The transport to SIP servers whose URI names none. `AUTO` is by DNS (RFC 3263)."""

    AUTO = "auto"
    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"


class LdapSchema(StrEnum):
    """The schemas of LDAP servers: the names of `adapters.directory.ldap_schema.SCHEMAS`."""

    OPENLDAP = "openldap"
    AD = "ad"


class NoCalendar(StrEnum):
    """The choice of no calendar, beside the kinds of provider."""

    NONE = "none"


class LogLevel(StrEnum):
    """The levels of Python's `logging`, which calls them by their `name`."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
