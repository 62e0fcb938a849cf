"""Names of sound."""

from __future__ import annotations

from collections.abc import Iterator

from videobar.assembly.names.behind import Behind
from videobar.assembly.names.kinds import (
    read_only,
    state,
)
from videobar.room.system.configuration import (
    Variable,
    as_whole_number,
    as_yes_or_no,
)


def sound(behind: Behind) -> Iterator[Variable]:
    """Volume, acoustic fence, and what else devices sound like."""
    audio = behind.audio
    yield from state(
        "audio.volume.speakervolume voice.volume.speaker",
        "speaker volume, 0 to 100",
        lambda: audio.volume,
        lambda value: audio.set_volume(as_whole_number(value)),
    )
    yield from state(
        "audio.qualityprocess.enableacousticfence voice.acousticFence.enable",
        "whether far ends hear only those near the first microphone",
        lambda: audio.fence.enabled,
        lambda value: audio.set_fence(enabled=as_yes_or_no(value)),
    )
    yield from state(
        "audio.qualityprocess.acousticfenceradius voice.acousticFence.radius",
        "how near that is: 0 (close) to 10 (wide)",
        lambda: audio.fence.radius,
        lambda value: audio.set_fence(radius=as_whole_number(value)),
    )
    yield from read_only(
        "audio.audiotone.alertvideotone voice.ringTone",
        "ring tone: the room rings on panels alone",
        lambda: "None",
        "there are no ring tones here",
    )
    yield from read_only(
        "audio.volume.soundeffectsvolume voice.volume.soundEffects",
        "volume of sound effects: there are none",
        lambda: 0,
        "there are no sound effects here",
    )
    yield from read_only(
        "audio.in13.level voice.in.hdmi.level",
        "level of the sound of content: content has none",
        lambda: 0,
        "content has no sound here",
    )
