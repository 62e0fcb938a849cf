"""`videobar inventory`: what each room is and does, in one row."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from videobar.cli.command.arguments import Act, Command, Options, Surroundings
from videobar.cli.command.catalog import summary_of
from videobar.cli.fleet.watching import ROOMS
from videobar.cli.output.readable import Span
from videobar.cli.output.views import Answer, Properties
from videobar.cli.rooms.visits import LOGIN_ERRORS
from videobar.contract.calls import Conference
from videobar.contract.index import Areas
from videobar.contract.system import SignallingServer, SystemInfo
from videobar.errors import (
    AnswerNotUnderstood,
    CertificateChanged,
    CertificateUntrusted,
    NotBuiltYet,
    NotReached,
    NotThere,
    Unavailable,
    VideobarError,
)
from videobar.vocabulary import ConnectionState

T = TypeVar("T")
PARTLY = (AnswerNotUnderstood, NotBuiltYet, NotThere, Unavailable)
"""Errors that mean that a room does not say one thing; it may say others."""


@dataclass(frozen=True)
class Row:
    """Facts about a room; `None` where it did not say. The order is that of the columns."""

    state: str
    call: str | None = None
    model: str | None = None
    serial: str | None = None
    build: str | None = None
    uptime: Span | None = None
    software: str | None = None
    name: str | None = None
    address: str | None = None
    sip: str | None = None
    reboot: bool | None = None

    def answer(self) -> Answer:
        """The row as an answer."""
        pairs = tuple(vars(self).items())
        wire = {name: value.number if isinstance(value, Span) else value for name, value in pairs}
        return Answer(wire, Properties(pairs))


def command() -> Command:
    """The verb."""
    return Command(
        ("inventory",),
        summary_of("inventory"),
        (ROOMS,),
        _prepare,
        "Of all saved rooms, unless some are named. A room that is not reached has a row too, whose state says so; "
        "the exit status is the largest of all rooms. Columns: state, call, model, serial, build, uptime (seconds in "
        "JSON and CSV), software, name, address, sip (how many registrars know the room, of how many), reboot "
        "(whether a setting waits for one).",
        default_rooms="*",
        otherwise=lambda error, address: Row(state_of(error), address=address).answer(),
    )


def state_of(error: Exception) -> str:
    """The row of a room where it failed."""
    if isinstance(error, CertificateChanged):
        return "other certificate"
    if isinstance(error, CertificateUntrusted):
        return "unknown certificate"
    if isinstance(error, NotReached):
        return "not reached"
    if isinstance(error, LOGIN_ERRORS):
        return "login refused"
    return error.code if isinstance(error, VideobarError) else str(error)


def _prepare(_: Options) -> Act:
    async def act(room: Areas, around: Surroundings) -> Answer:
        return (await row_of(room, around.address)).answer()

    return act


async def row_of(room: Areas, address: str) -> Row:
    """Ask a room for its row. What it lacks stays open; with nothing at all, that is the error."""
    failed: VideobarError | None = None
    info: SystemInfo | None = None
    try:
        info = await room.system.info()
    except PARTLY as error:
        failed = error
    conferences = await _asked(room.conferences.all)
    if failed is not None and conferences is None:
        raise failed
    sip = _registered(await _asked(room.system.sip_servers))
    if info is None:
        return Row("unknown", _call(conferences), address=address, sip=sip)
    return Row(
        state=str(info.state),
        call=_call(conferences),
        model=str(info.model),
        serial=info.serial_number,
        software=info.software_version,
        build=info.build,
        uptime=Span(info.uptime),
        name=info.system_name,
        address=address,
        sip=sip,
        reboot=info.reboot_needed,
    )


async def _asked(ask: Callable[[], Awaitable[T]]) -> T | None:
    """The room's answer, or `None` where it lacks the action or answers nonsense."""
    try:
        return await ask()
    except PARTLY:
        return None


def _call(conferences: list[Conference] | None) -> str | None:
    """`idle`, `ringing`, or with how many it talks."""
    if conferences is None:
        return None
    connections = [one for conference in conferences for one in conference.connections]
    connected = sum(one.state == ConnectionState.CONNECTED for one in connections)
    if connected:
        return "in a call" if connected == 1 else f"in a call with {connected}"
    return (
        "ringing"
        if any(one.state == ConnectionState.RINGING for one in connections)
        else ("dialling" if connections else "idle")
    )


def _registered(servers: list[SignallingServer] | None) -> str | None:
    if not servers:
        return None
    return f"{sum(server.state.upper() == 'UP' for server in servers)}/{len(servers)}"
