"""The messages of H.281: moving, selecting, and presets."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from videobar.h224.frame import MalformedFrame

_START: Final = 0x01
_CONTINUE: Final = 0x02
_STOP: Final = 0x03
_SELECT_SOURCE: Final = 0x04
_SOURCE_SWITCHED: Final = 0x05
_STORE_PRESET: Final = 0x06
_ACTIVATE_PRESET: Final = 0x07

LONGEST_ACTION_S: Final = 0.8
"""An action ends by itself after at most so long, unless it is continued."""
_TICK_S: Final = 0.05


class H281Source(IntEnum):
    """The numbers of video sources."""

    CURRENT = 0
    MAIN_CAMERA = 1
    AUXILIARY_CAMERA = 2
    DOCUMENT_CAMERA = 3
    AUXILIARY_DOCUMENT_CAMERA = 4
    VIDEO_PLAYBACK = 5


@dataclass(frozen=True, slots=True)
class CameraMotion:
    """Direction of a camera's movement: each axis -1, 0 or 1. Right, up and in are 1."""

    pan: int = 0
    tilt: int = 0
    zoom: int = 0
    focus: int = 0

    def __bool__(self) -> bool:
        return bool(self.pan or self.tilt or self.zoom or self.focus)

    def pack(self) -> int:
        """As the octet that all three action messages have."""
        octet = 0
        for amount in (self.pan, self.tilt, self.zoom, self.focus):
            octet = octet << 2 | (amount != 0) << 1 | (amount > 0)
        return octet

    @classmethod
    def of(cls, octet: int) -> CameraMotion:
        """Parse an octet; a direction without movement is none."""
        pan, tilt, zoom, focus = (((octet >> shift) & 3) for shift in (6, 4, 2, 0))
        return cls(_amount(pan), _amount(tilt), _amount(zoom), _amount(focus))


def _amount(bits: int) -> int:
    return {0b10: -1, 0b11: 1}.get(bits, 0)


@dataclass(frozen=True, slots=True)
class StartAction:
    """Begin to move; it ends after `seconds`, 0.05 to 0.8, unless continued."""

    motion: CameraMotion
    seconds: float = LONGEST_ACTION_S

    def pack(self) -> bytes:
        """As client data."""
        ticks = round(self.seconds / _TICK_S)
        return bytes((_START, self.motion.pack(), ticks if 1 <= ticks <= 15 else 0))


@dataclass(frozen=True, slots=True)
class ContinueAction:
    """Go on moving for as long again."""

    motion: CameraMotion

    def pack(self) -> bytes:
        """As client data."""
        return bytes((_CONTINUE, self.motion.pack()))


@dataclass(frozen=True, slots=True)
class StopAction:
    """Move no more along the axes that are named."""

    motion: CameraMotion

    def pack(self) -> bytes:
        """As client data."""
        return bytes((_STOP, self.motion.pack()))


@dataclass(frozen=True, slots=True)
class SelectSource:
    """Show this source, as motion video."""

    source: int

    def pack(self) -> bytes:
        """As client data."""
        return bytes((_SELECT_SOURCE, self.source << 4))


@dataclass(frozen=True, slots=True)
class SourceSwitched:
    """The sender shows this source now."""

    source: int

    def pack(self) -> bytes:
        """As client data."""
        return bytes((_SOURCE_SWITCHED, self.source << 4))


@dataclass(frozen=True, slots=True)
class StorePreset:
    """Remember where the camera looks, as preset 0 to 15."""

    preset: int

    def pack(self) -> bytes:
        """As client data."""
        return bytes((_STORE_PRESET, self.preset << 4))


@dataclass(frozen=True, slots=True)
class ActivatePreset:
    """Look where preset 0 to 15 looks."""

    preset: int

    def pack(self) -> bytes:
        """As client data."""
        return bytes((_ACTIVATE_PRESET, self.preset << 4))


CameraMessage = (
    StartAction | ContinueAction | StopAction | SelectSource | SourceSwitched | StorePreset | ActivatePreset
)


def parse(data: bytes) -> CameraMessage:
    """Parse client data of H.281. Raises `MalformedFrame`."""
    if len(data) < 2:
        raise MalformedFrame("a camera message is cut off")
    code, octet = data[0], data[1]
    if code == _START:
        ticks = data[2] & 0x0F if len(data) > 2 else 0
        return StartAction(CameraMotion.of(octet), ticks * _TICK_S if ticks else LONGEST_ACTION_S)
    if code == _CONTINUE:
        return ContinueAction(CameraMotion.of(octet))
    if code == _STOP:
        return StopAction(CameraMotion.of(octet))
    if code == _SELECT_SOURCE:
        return SelectSource(octet >> 4)
    if code == _SOURCE_SWITCHED:
        return SourceSwitched(octet >> 4)
    if code == _STORE_PRESET:
        return StorePreset(octet >> 4)
    if code == _ACTIVATE_PRESET:
        return ActivatePreset(octet >> 4)
    raise MalformedFrame(f"camera message {code:#04x}")


@dataclass(frozen=True, slots=True)
class SourceAbility:
    """Abilities of one video source."""

    source: int
    pan: bool = False
    tilt: bool = False
    zoom: bool = False
    focus: bool = False
    motion_video: bool = True


@dataclass(frozen=True, slots=True)
class CameraAbilities:
    """The extra capabilities of H.281: presets, and the sources that there are."""

    presets: int
    """0 to 15."""
    sources: tuple[SourceAbility, ...]

    def pack(self) -> bytes:
        """As the octets of an extra capabilities message."""
        out = bytes((self.presets & 0x0F,))
        for each in self.sources:
            axes = each.pan << 7 | each.tilt << 6 | each.zoom << 5 | each.focus << 4
            out += bytes((each.source << 4 | each.motion_video << 2, axes))
        return out


def parse_abilities(octets: bytes) -> CameraAbilities:
    """The extra capabilities of H.281; a source that is cut off is left out. Raises `MalformedFrame`."""
    if not octets:
        raise MalformedFrame("extra capabilities without presets")
    sources: dict[int, SourceAbility] = {}
    for first, axes in zip(octets[1::2], octets[2::2], strict=False):
        source = first >> 4
        sources[source] = SourceAbility(
            source,
            pan=bool(axes & 0x80),
            tilt=bool(axes & 0x40),
            zoom=bool(axes & 0x20),
            focus=bool(axes & 0x10),
            motion_video=bool(first & 0x04),
        )
    return CameraAbilities(octets[0] & 0x0F, tuple(sources.values()))
