"""What is known of the media streams of calls."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, UnsetType

from videobar.contract.model import Shape, said
from videobar.vocabulary import MediaDirection, MediaType


class MediaStatistics(Shape, kw_only=True):
    """Counters of one media stream in one direction. Lost packets of TX are what the far end reports.

    Keys that clients of real devices read; rows for audio leave out frame rate and size.
    """

    actual_bit_rate: Annotated[int, said("kbit/s over the last two seconds.")]
    actual_frame_rate: Annotated[float | UnsetType, said("Pictures per second; video only.")] = UNSET
    jitter: Annotated[float, said("Interarrival jitter in ms (RFC 3550).")]
    media_algorithm: Annotated[str, said("Codec.")]
    media_direction: Annotated[MediaDirection, said("Sent or received.")]
    media_format: Annotated[str | UnsetType, said("Size of the picture; video only.")] = UNSET
    media_type: Annotated[MediaType, said("Kind of stream.")]
    packet_loss: Annotated[int, said("Packets lost since the stream began.")]
    percent_packet_loss: Annotated[float, said("Lost of all, in per cent.")]
    total_packets: Annotated[int, said("Packets since the stream began.")]


class StreamReport(Shape, kw_only=True):
    """All that is known of one media stream in one direction. Lost packets and jitter of TX are as the far end says."""

    connection_id: Annotated[str, said("Its connection.")]
    media_type: Annotated[MediaType, said("Kind of stream.")]
    media_direction: Annotated[MediaDirection, said("Sent or received.")]
    codec: Annotated[str, said("Codec.")]
    bit_rate: Annotated[float, said("kbit/s over the last two seconds.")]
    packets: Annotated[int, said("Packets since the stream began.")]
    packets_lost: Annotated[int, said("Packets lost since the stream began.")]
    percent_lost: Annotated[float, said("Lost of all, in per cent.")]
    jitter: Annotated[float, said("Interarrival jitter in ms (RFC 3550).")]
    round_trip: Annotated[float | None, said("Round trip in ms; null until the far end's reports tell.")]
    frame_rate: Annotated[float, said("Pictures per second; 0 of sound.")]
    width: Annotated[int, said("Of the pictures; 0 of sound.")]
    height: Annotated[int, said("Of the pictures; 0 of sound.")]
    crypto_suite: Annotated[str, said("What its packets are encrypted with; empty where nothing is.")]
    datagrams_unused: Annotated[
        int,
        said("RX: datagrams that came and were not used, since they made no sense or were not authentic."),
    ]
    refused: Annotated[
        str,
        said(
            "RX: why pictures are not shown that are beyond what was agreed on; empty while they are shown."
        ),
    ]


class TerminalMediaStatistics(Shape, kw_only=True):
    """The streams of one terminal. Decided here: this shape."""

    term_id: Annotated[str, said("Id of the terminal.")]
    media_stats: Annotated[list[MediaStatistics], said("Its streams.")]
