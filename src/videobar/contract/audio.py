"""`/rest/audio`: what is heard, and how loud."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Protocol

from msgspec import Meta, field

from videobar.contract.model import Volume, WireModel, Word, doc
from videobar.contract.operation import Certainty, get, post
from videobar.errors import MuteLocked, NotInCall
from videobar.vocabulary import FenceEffect, NoiseSuppression, PortDirection, Speaker

DtmfCharacter = Annotated[
    str,
    Meta(
        max_length=1,
        pattern=r"^[0-9*#A-Da-d.]$",
        description="One DTMF character: a digit, `*`, `#` or A to D; the `.` of remote controls means `*`.",
    ),
]


class AudioState(WireModel, kw_only=True):
    """Volume and mute (recorded from an X30)."""

    mute_locked: Annotated[bool, doc("Whether mute can not be changed at present.")]
    muted: Annotated[bool, doc("Whether the microphones are muted.")]
    num_of_mics_connected: Annotated[int, doc("Number of connected microphones.")]
    volume: Volume


class AudioAction(StrEnum):
    """Action of `POST /rest/audio` (guide)."""

    START = "start"
    PLAY_DTMF = "playDTMF"
    PLAY_TEST_TONE = "playTestTone"
    STOP_PLAYING_TEST_TONE = "stopPlayingTestTone"
    ITP_SEGMENT_DETECTION = "itpSegmentDetection"


class AudioRequest(WireModel, kw_only=True):
    """An audio action and what it needs."""

    action: Annotated[AudioAction, doc("Action to carry out.")]
    dtmf_char: Annotated[DtmfCharacter | None, doc("For playDTMF: the character.")] = None
    speaker: Annotated[Speaker | None, doc("For playTestTone: where; both speakers when it is left out.")] = (
        None
    )


class AcousticFenceRequest(WireModel, kw_only=True):
    """An action of the acoustic fence; the guide repeats the fields of `POST /rest/audio` here."""

    action: Annotated[
        str, doc("Action to carry out: `enable` or `disable`; the guide does not list them.", max_length=64)
    ]
    dtmf_char: Annotated[Word | None, doc("Unused.")] = None
    speaker: Annotated[Word | None, doc("Unused.")] = None


class DtmfRequest(WireModel, kw_only=True):
    """A DTMF character to send into the call."""

    dtmf_char: Annotated[DtmfCharacter, doc("The character.")]


class AudioMeter(WireModel, kw_only=True):
    """Levels of one audio port. Levels are in dB below full scale; -100 is silence."""

    is_valid: Annotated[bool, doc("Whether the row counts; clients skip the others.")]
    level_back: Annotated[int, doc("Level of the rear channel.")]
    level_center: Annotated[int, doc("Level of the centre channel.")]
    level_left: Annotated[int, doc("Level of the left channel.")]
    level_right: Annotated[int, doc("Level of the right channel.")]
    port_direction: Annotated[PortDirection, doc("Into the room's system, or out of it.")]
    port_name: Annotated[str, doc("Name of the port.")]


class Microphone(WireModel, kw_only=True):
    """One microphone (recorded from an X30)."""

    hw_version: Annotated[str, doc("Hardware version, `NA` when unknown.")]
    mute: Annotated[int, doc("1 when muted, else 0: a number on the wire, not a boolean.", ge=0, le=1)]
    number: Annotated[int, doc("Number within its parent, from 0.")]
    parent_id: Annotated[int, doc("Id of the device that it is attached to.")] = field(name="parentID")
    state: Annotated[str, doc("`MIC_STATE_GREEN` when live.")]
    sw_version: Annotated[str, doc("Software version, `NA` when unknown.")]
    type: Annotated[int, doc("Kind of microphone, as the device numbers them.")]
    type_in_string: Annotated[str, doc("Kind of microphone, as text.")]


class AudioPort(WireModel, kw_only=True):
    """A microphone or a pair of loudspeakers, whether or not it works. Levels are in dB below full scale."""

    direction: Annotated[PortDirection, doc("Into the room's system, or out of it.")]
    name: Annotated[str, doc("The name of the device, or what stands in its place.")]
    connected: Annotated[bool, doc("Whether it works.")]
    detail: Annotated[str, doc("Reason why it does not work, in words for people.")]
    level_left: Annotated[float, doc("Level, or that of the left one; -100 is silence.")]
    level_right: Annotated[float, doc("Level, or that of the right one.")]
    peak: Annotated[float, doc("The highest sample of the last second and a half.")]


class AudioSound(WireModel, kw_only=True):
    """All ports, and what is done to the sound of the first microphone before far ends hear it."""

    ports: Annotated[list[AudioPort], doc("Microphones first; far ends hear the first of them.")]
    runs: Annotated[bool, doc("Whether sound runs; while it does not, all levels are -100.")]
    noise_suppression: Annotated[NoiseSuppression, doc("Level of noise suppression.")]
    echo_control: Annotated[bool, doc("Whether the microphone is turned down while the loudspeakers speak.")]
    fence: Annotated[FenceEffect, doc("Effect of the acoustic fence.")]
    fence_radius: Annotated[int, doc("Radius of the acoustic fence: 0 (close) to 10 (wide).")]


class Audio(Protocol):
    """Actions on the room's audio."""

    @get("audio_get", "/audio", certainty=Certainty.RECORDED)
    async def state(self) -> AudioState:
        """Volume, mute, mute lock and the number of microphones."""
        ...

    @post(
        "audio_action",
        "/audio",
        errors=(NotInCall,),
        decided=(
            "the answer is empty; playDTMF without a call is refused, in one it is heard in the room too;"
            " a test tone ends by itself after 30 seconds; `start` lets sound run, so that there are "
            "levels; there are no segments to detect in a room of one screen."
        ),
    )
    async def act(self, request: AudioRequest) -> None:
        """Send DTMF, play or stop a test tone, or start a detection."""
        ...

    @post(
        "audio_acousticfence_action",
        "/audio/acousticfence",
        decided="the actions are `enable` and `disable` (or `start` and `stop`), and survive a restart.",
    )
    async def act_on_acoustic_fence(self, request: AcousticFenceRequest) -> None:
        """Raise or lower the acoustic fence, which keeps out what is not said near the first microphone."""
        ...

    @get("audio_audiometers_get", "/audio/audiometers", certainty=Certainty.CLIENT)
    async def meters(self) -> list[AudioMeter]:
        """Live levels of every audio input and output.

        The first question starts sound where it does not run; rows are not valid until it does.
        """
        ...

    @get("audio_microphones_get", "/audio/microphones", certainty=Certainty.RECORDED)
    async def microphones(self) -> list[Microphone]:
        """The microphones that are connected."""
        ...

    @get("audio_muted_get", "/audio/muted", certainty=Certainty.RECORDED)
    async def muted(self) -> bool:
        """Mute state of the microphones, as a bare boolean."""
        ...

    @post("audio_muted_set", "/audio/muted", also=("PUT",), certainty=Certainty.CLIENT, errors=(MuteLocked,))
    async def set_muted(self, muted: bool) -> None:
        """Mute (`true`) or unmute (`false`) the microphones; the body is a bare boolean."""
        ...

    @get("audio_volume_get", "/audio/volume", certainty=Certainty.RECORDED)
    async def volume(self) -> int:
        """Speaker volume, 0 to 100, as a bare number."""
        ...

    @post("audio_volume_set", "/audio/volume", also=("PUT",), certainty=Certainty.CLIENT)
    async def set_volume(self, volume: Volume) -> None:
        """Set the speaker volume; the body is a bare number from 0 to 100."""
        ...

    @post(
        "audio_playdtmf", "/audio/playdtmf", documented=False, certainty=Certainty.CLIENT, errors=(NotInCall,)
    )
    async def play_dtmf(self, request: DtmfRequest) -> None:
        """Send one DTMF character to every far end of the call."""
        ...

    @get("audio_sound_get", "/audio/sound", own=True, documented=False)
    async def sound(self) -> AudioSound:
        """All microphones and loudspeakers, also those that are lost, with their levels, and what is done to the sound.

        For diagnosis: clients of devices use `audiometers` and `microphones`.
        """
        ...

    @get("audio_mutelock_get", "/audio/mutelock", own=True, documented=False)
    async def mute_locked(self) -> bool:
        """Mute lock, as a bare boolean: true if mute is locked in its present state."""
        ...

    @post("audio_mutelock_set", "/audio/mutelock", own=True, documented=False)
    async def set_mute_locked(self, locked: bool) -> None:
        """Lock mute in its present state (`true`), or free it (`false`); survives a restart."""
        ...
