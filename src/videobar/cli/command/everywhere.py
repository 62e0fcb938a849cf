"""Flags of every command that talks to rooms, before or after its name."""

from __future__ import annotations

import os
from collections.abc import Sequence

from videobar.cli.command.arguments import Argument, Kind, ValueInvalid, chosen

FORMATS = ("table", "json", "csv")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise ValueInvalid("must be a number of seconds, more than 0 and at most 3600")
    return seconds


def profiles_like(typed: str) -> Sequence[str]:
    """Saved profiles that continue what was typed, a list with commas."""
    from videobar.cli.rooms import profiles

    saved = profiles.names(os.environ)
    before, comma, last = typed.rpartition(",")
    taken = before.split(",")
    return [before + comma + name for name in saved if name.startswith(last) and name not in taken]


EVERYWHERE: tuple[Argument, ...] = (
    Argument(
        "room",
        "host, host:port or saved profile; several with commas, patterns for profiles: 'lobby,board-*' "
        "(default: $VIDEOBAR_ROOM)",
        ("--room", "-r"),
        "ROOM",
        complete=profiles_like,
    ),
    Argument("user", "user name (default: that of the profile, else admin)", ("--user",), "NAME"),
    Argument(
        "password",
        "DANGEROUS: other users of this machine can read it, and shells remember it. Better: $VIDEOBAR_PASSWORD, "
        "the profile's password_command or password_file, a keyring, or the prompt",
        ("--password",),
        "PASSWORD",
    ),
    Argument("insecure", "do not check the room's certificate", ("--insecure",), kind=Kind.YES_NO),
    Argument(
        "trust_first_use",
        "trust the certificate that the room shows first, and only that from then on",
        ("--trust-first-use",),
        kind=Kind.YES_NO,
    ),
    Argument(
        "ca_file",
        "trust the certificates that the authorities in this file signed (PEM)",
        ("--ca-file",),
        "FILE",
        is_file=True,
    ),
    Argument(
        "fingerprint",
        "trust the certificate with this SHA-256 fingerprint, and no other",
        ("--fingerprint",),
        "SHA256",
    ),
    Argument(
        "session_cache",
        "keep the session for the next command, instead of logging in and out each time; videobar logout ends it",
        ("--session-cache",),
        kind=Kind.YES_NO,
    ),
    Argument("timeout", "wait so long for each answer (default: 10)", ("--timeout",), "SECONDS", _seconds),
    Argument(
        "format",
        "how to print the answer: table (for people), json (as on the wire, with times by ISO 8601) or csv",
        ("--format",),
        "WORD",
        chosen(FORMATS),
        FORMATS,
    ),
    Argument(
        "columns",
        "show these columns alone, in this order, one row for each room: name,serial,build; a beginning of a name "
        "and patterns will do",
        ("--columns",),
        "NAMES",
    ),
    Argument("json", "the same as --format json", ("--json",), kind=Kind.SWITCH),
    Argument("yes", "do not ask before what is dangerous", ("--yes", "-y"), kind=Kind.SWITCH),
)

TAKEN = frozenset(spelling for argument in EVERYWHERE for spelling in argument.spellings)
