"""`videobar serve`: a room on this host."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from videobar import settings
from videobar.cli.command.arguments import Argument, Kind, LocalCommand, Options
from videobar.cli.command.catalog import summary_of
from videobar.cli.command.exits import Exit
from videobar.cli.host.settings import load_settings
from videobar.settings import Setting, Settings, table

OTHERS = "The room"
THEMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        OTHERS: (),
        "REST API": ("host", "port", "http_", "web_", "console_"),
        "Logins": ("admin_password", "max_sessions", "idle_", "lockout_", "account_", "logins_", "password_"),
        "SIP": ("sip_", "drop_"),
        "Calls": (
            *(
                "auto_",
                "do_not_",
                "max_",
                "ring_",
                "response_",
                "default_rate",
                "rtp_",
                "codecs",
                "encryption",
            ),
            *("ice_", "stun_", "turn_", "packet_", "nack_"),
        ),
        "Sound": ("microphone", "fence_", "speaker", "noise_", "echo_", "mute_", "ringer", "ring_tone"),
        "Pictures": (
            "cameras",
            "video_",
            "layout",
            "visca_",
            "content",
            "far_",
            "save_",
            "screen",
            "display",
        ),
        "Calendar": ("calendar_",),
        "Directory": ("ldap_", "directory_"),
        "Logs and metrics": ("log_", "metrics_"),
    }
)
"""Beginnings of the names of a theme's settings; the longest beginning wins."""


def commands() -> tuple[LocalCommand, ...]:
    """The one command."""
    arguments = [
        Argument("config", "TOML file with settings", ("--config",), "FILE", is_file=True, theme="Options")
    ]
    for item in table():
        arguments.append(
            Argument(
                item.name,
                f"{item.help} (default: {item.default_text})" if item.default_text else item.help,
                (item.flag,),
                item.metavar or item.name.rpartition("_")[2].upper(),
                kind=Kind.OPTIONAL if item.kind is settings.BOOLEAN else Kind.VALUE,
                theme=theme_of(item.name),
            )
        )
    themes = ["Options", *THEMES]
    arguments.sort(key=lambda one: themes.index(one.theme))
    epilog = (
        "Every option can also be set in a TOML file (sip_port = 5060) or by a variable "
        f"({settings.environment_name('sip_port')}=5060). A flag wins over a variable, and that over the file."
    )
    text = "Run a room until Ctrl-C or SIGTERM."
    return (LocalCommand("serve", summary_of("serve"), text, tuple(arguments), _run, epilog),)


def theme_of(name: str) -> str:
    """The heading under which help shows a setting."""
    fitting = [
        (len(beginning), theme)
        for theme, beginnings in THEMES.items()
        for beginning in beginnings
        if name.startswith(beginning)
    ]
    return max(fitting)[1] if fitting else OTHERS


def _may_hold_secret(item: Setting[Any], text: str | None) -> bool:
    """True for a password, and for a URL with a host: it may have a password, or a path that is one."""
    return text is not None and (not item.metavar.startswith("URL") or "://" in text)


def _run(options: Options) -> int:
    flags = {item.name: getattr(options, item.name) for item in table()}
    for item in table():
        if item.secret and _may_hold_secret(item, flags[item.name]):
            print(
                f"videobar: {item.flag}: everybody on this machine sees it in the list of processes; "
                f"{item.variable} and a file given with --config are read by this user alone",
                file=sys.stderr,
            )
    return _serve(load_settings(flags, options.config, starts=True))


def _serve(room_settings: Settings) -> int:
    gc.disable()  # nothing that is loaded is garbage; `daemon.settle` turns it on again
    from videobar import daemon, multi_room  # the whole room is only loaded to run it, not for --help
    from videobar.errors import StartError

    serve = daemon.serve if room_settings.rooms == 1 else multi_room.serve
    try:
        with asyncio.Runner(loop_factory=daemon.loop_factory()) as runner:
            succession = runner.run(serve(room_settings))
        if succession is not None:
            succession.take_over()
    except StartError as error:
        print(f"videobar: {error}", file=sys.stderr)
        return Exit.REFUSED
    return Exit.DONE
