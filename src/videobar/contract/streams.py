"""Statistics of the media streams of calls."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, UnsetType

from videobar.contract.model import WireModel, doc
from videobar.vocabulary import MediaDirection, MediaType


class MediaStatistics(WireModel, kw_only=True):
    """Counters of one media stream in one direction. Lost packets of TX are what the far end reports.

    Keys that clients of real devices read; rows for audio leave out frame rate and size.
    """

    actual_bit_rate: Annotated[int, doc("kbit/s over the last two seconds.")]
    actual_frame_rate: Annotated[float | UnsetType, doc("Pictures per second; video only.")] = UNSET
    jitter: Annotated[float, doc("Interarrival jitter in ms (RFC 3550).")]
    media_algorithm: Annotated[str, doc("Codec.")]
    media_direction: Annotated[MediaDirection, doc("Sent or received.")]
    media_format: Annotated[str | UnsetType, doc("Size of the picture; video only.")] = UNSET
    media_type: Annotated[MediaType, doc("Kind of stream.")]
    packet_loss: Annotated[int, doc("Packets lost since the stream began.")]
    percent_packet_loss: Annotated[float, doc("Share of lost packets, in per cent.")]
    total_packets: Annotated[int, doc("Packets since the stream began.")]


class StreamReport(WireModel, kw_only=True):
    """All that is known of one media stream in one direction. Lost packets and jitter of TX are as the far end says."""

    connection_id: Annotated[str, doc("Its connection.")]
    media_type: Annotated[MediaType, doc("Kind of stream.")]
    media_direction: Annotated[MediaDirection, doc("Sent or received.")]
    codec: Annotated[str, doc("Codec.")]
    bit_rate: Annotated[float, doc("kbit/s over the last two seconds.")]
    packets: Annotated[int, doc("Packets since the stream began.")]
    packets_lost: Annotated[int, doc("Packets lost since the stream began.")]
    percent_lost: Annotated[float, doc("Share of lost packets, in per cent.")]
    jitter: Annotated[float, doc("Interarrival jitter in ms (RFC 3550).")]
    round_trip: Annotated[float | None, doc("Round trip in ms; null until the far end's reports tell.")]
    frame_rate: Annotated[float, doc("Pictures per second; 0 for sound.")]
    width: Annotated[int, doc("Width of the pictures; 0 for sound.")]
    height: Annotated[int, doc("Height of the pictures; 0 for sound.")]
    crypto_suite: Annotated[str, doc("Suite that its packets are encrypted with; empty without encryption.")]
    datagrams_unused: Annotated[
        int,
        doc("RX: datagrams that came and were not used, since they made no sense or were not authentic."),
    ]
    refused: Annotated[
        str,
        doc("RX: why pictures are not shown that are beyond what was agreed on; empty while they are shown."),
    ]


class TerminalMediaStatistics(WireModel, kw_only=True):
    """The streams of one terminal. Decided here: this shape."""

    term_id: Annotated[str, doc("Id of the terminal.")]
    media_stats: Annotated[list[MediaStatistics], doc("Its streams.")]
