"""Watching a room for changes. Devices have no push channel, so the room is asked again and again, politely.

One question at a time, never two rounds at once, and longer and longer pauses while a room does not answer. What a room
cannot say (an action that it lacks) is not asked again; everything else goes on.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from videobar.clock import Clock
from videobar.contract.calls import Conference, Connection
from videobar.contract.index import Areas
from videobar.errors import (
    AccessDenied,
    AnswerNotUnderstood,
    CertificateChanged,
    CertificateUntrusted,
    ClientClosed,
    NotBuiltYet,
    NotReached,
    NotThere,
    SessionInvalidUserNamePassword,
    SessionMaxActiveSessionsReached,
    SessionPortLockout,
    Unavailable,
    VideobarError,
)
from videobar.vocabulary import ConnectionState, SystemState

SHORTEST_INTERVAL_S = 0.2
LONGEST_PAUSE_S = 60.0

HOPELESS = (CertificateChanged, CertificateUntrusted, ClientClosed, SessionInvalidUserNamePassword)
"""Errors that end watching: asking again cannot help, or does harm."""

AWAY = (NotReached, Unavailable, AccessDenied, SessionMaxActiveSessionsReached, SessionPortLockout)
"""Errors that mean that the room as a whole does not answer now."""

LACKING = (NotThere, NotBuiltYet)
"""Errors that mean that the room has no such action."""


@dataclass(frozen=True)
class MutedChanged:
    """The microphones were muted or unmuted. `before` is `None` at first, here and below."""

    before: bool | None
    after: bool


@dataclass(frozen=True)
class MuteLockChanged:
    """Mute was locked or freed."""

    before: bool | None
    after: bool


@dataclass(frozen=True)
class VolumeChanged:
    """The speaker volume changed, 0 to 100."""

    before: int | None
    after: int


@dataclass(frozen=True)
class VideoMuteChanged:
    """The room's picture was hidden (true) or shown."""

    before: bool | None
    after: bool


@dataclass(frozen=True)
class SystemStateChanged:
    """The system fell asleep, woke or is restarting; a text where a device has a state of its own."""

    before: SystemState | None
    after: SystemState


@dataclass(frozen=True)
class CameraChanged:
    """Another near camera is in use, by its index."""

    before: int | None
    after: int


@dataclass(frozen=True)
class CallStateChanged:
    """A call began (`before` is `None`), or its state changed; `DISCONNECTED` when it is gone.

    `connection` is the latest that is known of it.
    """

    connection: Connection
    before: ConnectionState | None
    after: ConnectionState


@dataclass(frozen=True)
class RoomAway:
    """The room does not answer; it is asked again, less and less often."""

    error: VideobarError


@dataclass(frozen=True)
class RoomBack:
    """The room answers again."""


Change = (
    MutedChanged
    | MuteLockChanged
    | VolumeChanged
    | VideoMuteChanged
    | SystemStateChanged
    | CameraChanged
    | CallStateChanged
    | RoomAway
    | RoomBack
)

Values = Mapping[type[Any], Any]
"""The findings of a probe, by the class of the change that each would be."""


async def _audio(room: Areas) -> Values:
    state = await room.audio.state()
    return {MutedChanged: state.muted, MuteLockChanged: state.mute_locked, VolumeChanged: state.volume}


async def _video(room: Areas) -> Values:
    return {VideoMuteChanged: (await room.video.local_mute()).result}


async def _system(room: Areas) -> Values:
    return {SystemStateChanged: (await room.system.info()).state}


async def _camera(room: Areas) -> Values:
    return {CameraChanged: (await room.cameras.near_selected_people()).camera_index}


async def _calls(room: Areas) -> Values:
    return {CallStateChanged: _by_id(await room.conferences.all())}


def _by_id(conferences: list[Conference]) -> Mapping[str, Connection]:
    return {connection.id: connection for conference in conferences for connection in conference.connections}


Probe = Callable[[Areas], Awaitable[Values]]
PROBES: tuple[Probe, ...] = (_calls, _audio, _video, _system, _camera)


@dataclass
class _Watcher:
    """Asks one round after the other, and remembers what it heard last."""

    room: Areas
    probes: list[Probe] = field(default_factory=lambda: list(PROBES))
    known: dict[type[Any], Any] = field(default_factory=dict)

    async def round(self) -> tuple[list[Change], VideobarError | None]:
        """One round: what changed, and the error that ended it early, if one did. Raises what is hopeless."""
        changes: list[Change] = []
        for probe in tuple(self.probes):
            try:
                values = await probe(self.room)
            except HOPELESS:
                raise
            except AnswerNotUnderstood:
                continue
            except AWAY as error:
                return changes, error
            except LACKING:
                self.probes.remove(probe)
            except VideobarError:
                continue  # not allowed in the mode that the room is in: perhaps the next time
            else:
                changes.extend(self._compare(values))
        return changes, None

    def _compare(self, values: Values) -> Iterator[Change]:
        for kind, after in values.items():
            before = self.known.get(kind)
            self.known[kind] = after
            if kind is CallStateChanged:
                yield from _compare_calls(before or MappingProxyType({}), after)
            elif after != before:
                yield kind(before, after)


def _compare_calls(
    before: Mapping[str, Connection], after: Mapping[str, Connection]
) -> Iterator[CallStateChanged]:
    for identity, connection in after.items():
        old = before.get(identity)
        if old is None:
            yield CallStateChanged(connection, None, connection.state)
        elif old.state != connection.state:
            yield CallStateChanged(connection, old.state, connection.state)
    for identity, connection in before.items():
        if identity not in after and connection.state != ConnectionState.DISCONNECTED:
            yield CallStateChanged(connection, connection.state, ConnectionState.DISCONNECTED)


async def watch(
    room: Areas, clock: Clock, interval: float = 2.0, *, initial: bool = False
) -> AsyncGenerator[Change, None]:
    """Yield changes for ever, with a pause of `interval` seconds (at least 0.2) after each round.

    With `initial`, the first round's values are yielded too, with `None` before. While the room does not answer there
    is one `RoomAway`, pauses double up to a minute, and `RoomBack` tells the end of it. A wrong password and an
    untrusted certificate raise.
    """
    interval = max(interval, SHORTEST_INTERVAL_S)
    watcher = _Watcher(room)
    started = False
    failures = 0
    while True:
        changes, error = await watcher.round()
        if error is not None:
            failures += 1
            if failures == 1:
                yield RoomAway(error)
        elif failures:
            failures = 0
            yield RoomBack()
        if started or initial:
            for change in changes:
                yield change
        started = started or error is None
        await clock.sleep(_pause(interval, failures))


def _pause(interval: float, failures: int) -> float:
    """Seconds until the next round: doubled with every failure, never less than what was asked for."""
    return max(interval, min(interval * float(1 << min(failures, 16)), LONGEST_PAUSE_S))
