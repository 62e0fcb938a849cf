"""H.224 session: both sides announce their abilities, and control each other's cameras.

Nothing here waits or asks the time: payloads come in through `receive`, go out through `send`, and `on_due` is called
at the time of `due`. UDP loses packets and nothing in H.224 is acknowledged: our abilities are sent a few times, and a
movement is kept alive by repeating it, while the other side's ends by itself when nothing comes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from videobar.h224 import camera, management
from videobar.h224.camera import CameraAbilities, CameraMessage, CameraMotion
from videobar.h224.frame import FAR_END_CAMERA, MANAGEMENT, BitOrder, H224Frame, MalformedFrame, parse
from videobar.h224.management import (
    AskClientList,
    AskExtraCapabilities,
    ClientList,
    ExtraCapabilities,
    ListedClient,
    Management,
)

CAMERA_CLIENT: Final = bytes((FAR_END_CAMERA,))
MANAGEMENT_CLIENT: Final = bytes((MANAGEMENT,))
INTRODUCTIONS_S: Final = (0.0, 1.0, 3.0, 10.0)
"""Times at which abilities are sent and asked for, in seconds after the start; after the second only while none came,
and then in both orders of bits by turns."""
CONTINUE_S: Final = 0.4
"""Interval at which a movement of the far camera is continued; half of what it lasts."""
LONGEST_FAR_MOVE_S: Final = 10.0
"""A movement that nobody stops ends after so long: its client may be gone."""
_NEVER: Final = float("inf")


class NearCameras(Protocol):
    """Interface of our cameras for a far end. Nothing is answered."""

    def move(self, motion: CameraMotion) -> None:
        """Move like this from now on; all zero stops."""
        ...

    def select(self, source: int) -> None:
        """Show this source."""
        ...

    def store_preset(self, preset: int) -> None:
        """Remember where the camera looks."""
        ...

    def activate_preset(self, preset: int) -> None:
        """Look there."""
        ...


class CameraSession:
    """Our end of the conversation. `near` is `None` where far ends may not move our cameras.

    `on_change` is called when the known facts of the far side's cameras change.
    """

    def __init__(
        self,
        *,
        send: Callable[[bytes], None],
        time: Callable[[], float],
        near: NearCameras | None,
        abilities: CameraAbilities | None,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self.far: CameraAbilities | None = None
        """Abilities of the far side's cameras, once it has sent them; without a source it lets nobody move them."""
        self.far_source = int(camera.H281Source.MAIN_CAMERA)
        """The source that the far side shows, as far as is known."""
        self.malformed = 0
        self._send = send
        self._time = time
        self._near = near
        self._abilities = abilities if near is not None else None
        self._on_change = on_change
        self._order: BitOrder | None = None
        """Bit order of the far side, once it was received."""
        self._started = time()
        self._introduced = 0
        self._far_lists_cameras: bool | None = None
        self._motion = CameraMotion()
        self._continue_due = _NEVER
        self._move_ends = _NEVER
        self._near_motion = CameraMotion()
        self._near_lasts = camera.LONGEST_ACTION_S
        self._near_ends = _NEVER

    @property
    def due(self) -> float:
        """Time of the next call of `on_due`."""
        return min(self._introduction_due(), self._continue_due, self._near_ends)

    @property
    def can_move_far(self) -> bool:
        """True if the far side has cameras that we may move, for all that is known."""
        return self.far is not None and bool(self.far.sources)

    def move_far(self, motion: CameraMotion) -> None:
        """Move the far camera like this until the next order; all zero stops it."""
        if motion == self._motion:
            return
        if self._motion:
            self._tell(camera.StopAction(self._motion))
        self._motion = motion
        self._continue_due = self._move_ends = _NEVER
        if motion:
            now = self._time()
            self._tell(camera.StartAction(motion))
            self._continue_due, self._move_ends = now + CONTINUE_S, now + LONGEST_FAR_MOVE_S

    def tell_far(self, message: CameraMessage) -> None:
        """Send anything else to the far camera."""
        self._tell(message)

    def receive(self, payload: bytes) -> None:
        """Take an RTP payload. Never raises."""
        try:
            frame, self._order = parse(payload)
            if not (frame.begins and frame.ends):
                return  # nothing that is understood here needs more than one frame
            if frame.client == MANAGEMENT_CLIENT:
                self._manage(management.parse(frame.data))
            elif frame.client == CAMERA_CLIENT:
                self._on_message(camera.parse(frame.data))
        except MalformedFrame:
            self.malformed += 1

    def on_due(self) -> None:
        """Do what is due."""
        now = self._time()
        if self._introduction_due() <= now:
            self._introduced += 1
            self._introduce()
        if self._near_ends <= now:
            self._near_moves(CameraMotion())
        if self._move_ends <= now:
            self.move_far(CameraMotion())
        elif self._continue_due <= now:
            self._continue_due = now + CONTINUE_S
            self._tell(camera.ContinueAction(self._motion))

    def close(self) -> None:
        """Stop what moves, on both sides."""
        self.move_far(CameraMotion())
        if self._near_motion:
            self._near_moves(CameraMotion())

    def _introduction_due(self) -> float:
        if self._introduced >= len(INTRODUCTIONS_S):
            return _NEVER
        if self._introduced >= 2 and self._far_lists_cameras is not None:
            return _NEVER
        return self._started + INTRODUCTIONS_S[self._introduced]

    def _introduce(self) -> None:
        self._say(self._client_list())
        if self._abilities is not None:
            self._say(ExtraCapabilities(CAMERA_CLIENT, self._abilities.pack()))
        if self._far_lists_cameras is None:
            self._say(AskClientList())

    def _client_list(self) -> ClientList:
        """A side that lists H.281 lets its cameras be moved; the list of one that does not is empty."""
        listed = (ListedClient(CAMERA_CLIENT, has_extra=True),) if self._abilities is not None else ()
        return ClientList(listed)

    def _manage(self, message: Management) -> None:
        if isinstance(message, AskClientList):
            self._say(self._client_list())
        elif isinstance(message, AskExtraCapabilities):
            if message.client == CAMERA_CLIENT and self._abilities is not None:
                self._say(ExtraCapabilities(CAMERA_CLIENT, self._abilities.pack()))
        elif isinstance(message, ClientList):
            self._far_list(message)
        elif message.client == CAMERA_CLIENT:
            self._far_lists_cameras = True
            self._set_far(camera.parse_abilities(message.octets))

    def _far_list(self, message: ClientList) -> None:
        listed = next((client for client in message.clients if client.id == CAMERA_CLIENT), None)
        self._far_lists_cameras = listed is not None
        if listed is None:
            self._set_far(CameraAbilities(0, ()))
        elif self.far is None or not self.far.sources:
            if listed.has_extra:
                self._say(AskExtraCapabilities(CAMERA_CLIENT))
            # Until it says more: one camera that can do what H.281 is for.
            main = camera.SourceAbility(camera.H281Source.MAIN_CAMERA, pan=True, tilt=True, zoom=True)
            self._set_far(CameraAbilities(0, (main,)))

    def _set_far(self, far: CameraAbilities) -> None:
        if far != self.far:
            self.far = far
            self._on_change()

    def _on_message(self, message: CameraMessage) -> None:
        if isinstance(message, camera.SourceSwitched):
            if message.source != camera.H281Source.CURRENT and message.source != self.far_source:
                self.far_source = message.source
                self._on_change()
            return
        if self._near is None:
            return
        if isinstance(message, camera.StartAction):
            self._near_lasts = message.seconds
            self._near_moves(message.motion)
        elif isinstance(message, camera.ContinueAction):
            if message.motion != self._near_motion:
                self._near_moves(message.motion)  # its start was lost
            elif message.motion:
                self._near_ends = self._time() + self._near_lasts
        elif isinstance(message, camera.StopAction):
            self._near_moves(_without(self._near_motion, message.motion))
        elif isinstance(message, camera.SelectSource):
            self._near.select(message.source)
            self._tell(camera.SourceSwitched(message.source))
        elif isinstance(message, camera.StorePreset):
            self._near.store_preset(message.preset)
        else:
            self._near.activate_preset(message.preset)

    def _near_moves(self, motion: CameraMotion) -> None:
        self._near_ends = self._time() + self._near_lasts if motion else _NEVER
        if motion != self._near_motion and self._near is not None:
            self._near_motion = motion
            self._near.move(motion)

    def _say(self, message: Management) -> None:
        self._transmit(H224Frame(MANAGEMENT_CLIENT, message.pack()))

    def _tell(self, message: CameraMessage) -> None:
        self._transmit(H224Frame(CAMERA_CLIENT, message.pack()))

    def _transmit(self, frame: H224Frame) -> None:
        unheard = BitOrder.PLAIN if self._introduced == 3 else BitOrder.LINE
        self._send(frame.pack(self._order or unheard))


def _without(motion: CameraMotion, stopped: CameraMotion) -> CameraMotion:
    """Motion that goes on when the axes of `stopped` stop; a stop that names none stops all."""
    if not stopped:
        return CameraMotion()
    return CameraMotion(
        0 if stopped.pan else motion.pan,
        0 if stopped.tilt else motion.tilt,
        0 if stopped.zoom else motion.zoom,
        0 if stopped.focus else motion.focus,
    )
