"""DTMF digits in INFO requests: what telephone events (RFC 4733) have replaced, and old far ends still have.

Two bodies are in use, neither of them a standard: `application/dtmf-relay` (`Signal=5`, `Duration=160`) and
`application/dtmf` (the digit alone).
"""

from __future__ import annotations

import re
from typing import Final

RELAY: Final = "application/dtmf-relay"
PLAIN: Final = "application/dtmf"
DURATION_MS: Final = 160

_NAMES: Final = {"10": "*", "11": "#", "12": "A", "13": "B", "14": "C", "15": "D"}
_SIGNAL: Final = re.compile(rb"^\s*signal\s*=\s*([0-9A-Da-d*#]|1[0-5])\s*$", re.IGNORECASE | re.MULTILINE)
_DIGIT: Final = re.compile(rb"\s*([0-9A-Da-d*#]|1[0-5])\s*\Z")


def digit_of(content_type: str, body: bytes) -> str | None:
    """The digit that an INFO carries, one of `0123456789*#ABCD`; None when it carries none."""
    match = None
    if content_type == RELAY:
        match = _SIGNAL.search(body[:1000])
    elif content_type == PLAIN:
        match = _DIGIT.match(body[:1000]) or _SIGNAL.search(body[:1000])
    if match is None:
        return None
    text = match[1].decode()
    return _NAMES.get(text, text.upper())


def body_of(content_type: str, digit: str) -> bytes:
    """The body of an INFO of that type for a digit."""
    return (
        digit.encode() if content_type == PLAIN else f"Signal={digit}\r\nDuration={DURATION_MS}\r\n".encode()
    )
