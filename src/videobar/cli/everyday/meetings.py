"""`videobar meetings`, `join` and `dtmf`: the calendar's meetings, and digits for those who let people in."""

from __future__ import annotations

import re

from videobar.cli.command.arguments import (
    Act,
    Argument,
    Command,
    Options,
    Surroundings,
    UsageError,
    ValueInvalid,
    whole_number,
)
from videobar.cli.command.catalog import summary_of
from videobar.cli.everyday.calls import dialling
from videobar.cli.output.readable import Moment
from videobar.cli.output.views import NOTHING, Answer, Table
from videobar.contract.audio import AudioAction, AudioRequest, DtmfRequest
from videobar.contract.calendar import Meeting
from videobar.contract.index import Areas
from videobar.errors import InvalidRequest, MeetingNotDialable, NoSuchMeeting, NotBuiltYet, NotThere

HEADINGS = ("start", "minutes", "subject", "organizer", "join", "id")
SOON_S = 15 * 60
"""Before its begin a meeting is joined without being named."""
DIGITS = re.compile(r"[0-9*#A-Da-d.,]{1,64}")
PAUSE = ","
PAUSE_S = 1.0


def commands() -> tuple[Command, ...]:
    """The verbs."""
    return (
        Command(
            ("meetings",),
            summary_of("meetings"),
            (Argument("number", "at most so many", ("--number",), "N", whole_number),),
            _meetings,
        ),
        Command(
            ("join",),
            summary_of("join"),
            (Argument("id", "id of the meeting, as meetings shows it"),),
            lambda options: lambda room, around: join(room, options.id, around),
            "Without an id, the meeting that is on, or else the next one if it begins within 15 minutes.",
        ),
        Command(
            ("dtmf",),
            summary_of("dtmf"),
            (
                Argument(
                    "digits",
                    "digits, *, # and A to D; a comma is a pause of a second",
                    (),
                    "DIGITS",
                    _digits,
                    required=True,
                ),
            ),
            _dtmf,
        ),
    )


def _digits(text: str) -> str:
    if not DIGITS.fullmatch(text):
        raise ValueInvalid("must be 1 to 64 of 0-9, *, #, A-D and commas")
    return text


def _dtmf(options: Options) -> Act:
    async def act(room: Areas, around: Surroundings) -> Answer:
        for digit in options.digits:
            if digit == PAUSE:
                await around.clock.sleep(PAUSE_S)
            else:
                await _send(room, digit)
        return Answer(NOTHING, f"sent {options.digits}")

    return act


async def _send(room: Areas, digit: str) -> None:
    """Send one digit, in the way that the room knows."""
    try:
        await room.audio.play_dtmf(DtmfRequest(dtmf_char=digit))
    except (NotThere, NotBuiltYet):
        await room.audio.act(AudioRequest(action=AudioAction.PLAY_DTMF, dtmf_char=digit))


def _meetings(options: Options) -> Act:
    if options.number is not None and options.number < 0:
        raise UsageError("--number: must not be negative")

    async def act(room: Areas, _: Surroundings) -> Answer:
        found = await room.calendar.meetings(options.number)
        return Answer(found, Table(HEADINGS, tuple(map(_row, found))))

    return act


def _row(meeting: Meeting) -> tuple[object, ...]:
    if meeting.canceled:
        way = "cancelled"
    elif meeting.in_call:
        way = "in the call"
    else:
        way = "yes" if meeting.can_dial else "no address"
    start = Moment(meeting.start_time, 1)
    return start, meeting.duration // 60, meeting.subject, meeting.organizer, way, meeting.id


async def join(room: Areas, wanted: str | None, around: Surroundings) -> Answer:
    """Dial a meeting. Raises `NoSuchMeeting` where none is on or near, and `InvalidRequest` where several are."""
    if wanted is None:
        wanted = _at_hand(await room.calendar.meetings(), around.clock.now_ms() // 1000).id
    links = await room.calendar.dial_meeting(wanted)
    return Answer(links, dialling(links or ()))


def _at_hand(meetings: list[Meeting], now: int) -> Meeting:
    near = [
        one
        for one in meetings
        if not one.canceled and one.start_time - SOON_S <= now < one.start_time + one.duration
    ]
    if not near:
        text = "no meeting is on or begins within 15 minutes; meetings shows all"
        raise NoSuchMeeting(text, heard=text)
    if all(one.in_call for one in near):
        raise MeetingNotDialable(f"{near[0].subject}: the room is in its call")
    dialable = [one for one in near if one.can_dial and not one.in_call]
    if not dialable:
        raise MeetingNotDialable(f"{near[0].subject}: there is no address to dial")
    begun = [one for one in dialable if one.start_time <= now] or dialable
    if len(begun) > 1:
        text = f"which meeting? {' or '.join(one.id for one in begun)}"
        raise InvalidRequest(text, heard=text)
    return begun[0]
