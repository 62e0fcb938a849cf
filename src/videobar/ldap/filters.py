"""Search filters (RFC 4511, section 4.5.1.7), built as such: nothing has to be escaped, and nothing can be injected."""

from __future__ import annotations

from videobar.ldap import ber

Filter = bytes


def all_of(*filters: Filter) -> Filter:
    """AND of filters."""
    return filters[0] if len(filters) == 1 else ber.element(0xA0, *filters)


def any_of(*filters: Filter) -> Filter:
    """OR of filters."""
    return filters[0] if len(filters) == 1 else ber.element(0xA1, *filters)


def equals(attribute: str, value: str | bytes) -> Filter:
    """Equality match."""
    return ber.element(0xA3, ber.octets(attribute), ber.octets(value))


def begins(attribute: str, value: str) -> Filter:
    """Substring match at the beginning."""
    return _substrings(attribute, ber.octets(value, 0x80))


def has(attribute: str, value: str) -> Filter:
    """Substring match anywhere."""
    return _substrings(attribute, ber.octets(value, 0x81))


def present(attribute: str) -> Filter:
    """Presence."""
    return ber.octets(attribute, 0x87)


def _substrings(attribute: str, *parts: bytes) -> Filter:
    return ber.element(0xA4, ber.octets(attribute), ber.element(ber.SEQUENCE, *parts))
