from __future__ import annotations

from itertools import pairwise
from typing import Literal

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from videobar.media.audio.codecs.g711 import (
    ALAW_COMPRESSED,
    ALAW_EXPANDED,
    ULAW_COMPRESSED,
    ULAW_EXPANDED,
    G711Codec,
)
from videobar.media.audio.format import from_int16


def libav_expanded(decoder: str) -> NDArray[np.int16]:
    """What an independent decoder makes of all 256 codes."""
    context = av.CodecContext.create(decoder, "r")
    context.sample_rate, context.layout = 8000, "mono"
    (frame,) = context.decode(av.Packet(bytes(range(256))))
    return frame.to_ndarray().reshape(-1)


def linear_index(values: NDArray[np.int16]) -> NDArray[np.uint16]:
    return values.view(np.uint16)


@pytest.mark.parametrize(
    ("table", "decoder"), [(ULAW_EXPANDED, "pcm_mulaw"), (ALAW_EXPANDED, "pcm_alaw")], ids=["ulaw", "alaw"]
)
def test_all_256_codes_expand_as_an_independent_decoder_says(table: NDArray[np.int16], decoder: str) -> None:
    np.testing.assert_array_equal(table, libav_expanded(decoder))


def test_figures_of_the_recommendation() -> None:
    assert (ULAW_EXPANDED[0x80], ULAW_EXPANDED[0x00], ULAW_EXPANDED[0xFF]) == (32124, -32124, 0)
    assert (ALAW_EXPANDED[0xAA], ALAW_EXPANDED[0x2A], ALAW_EXPANDED[0xD5]) == (32256, -32256, 8)
    assert ULAW_COMPRESSED[0] == 0xFF
    assert ALAW_COMPRESSED[0] == 0xD5


def test_every_code_survives_expanding_and_compressing() -> None:
    codes = np.arange(256)
    ulaw = ULAW_COMPRESSED[linear_index(ULAW_EXPANDED)]
    expected = np.where(codes == 0x7F, 0xFF, codes)  # both are zero
    np.testing.assert_array_equal(ulaw, expected)
    np.testing.assert_array_equal(ALAW_COMPRESSED[linear_index(ALAW_EXPANDED)], codes)


def decision_values(first: int, first_steps: int, segment_ends: list[int]) -> list[int]:
    """Column 4 of tables 1a and 2a of the recommendation: 16 equal steps in each further segment."""
    values = list(range(first, segment_ends[0] + 1, first_steps))
    for start, end in pairwise(segment_ends):
        values += range(start + (end - start) // 16, end + 1, (end - start) // 16)
    return values


def test_ulaw_decides_at_the_values_of_table_2a() -> None:
    codes = ULAW_COMPRESSED[0:32768:4].astype(int)  # positive values in 14 bits
    changes = np.flatnonzero(np.diff(codes)) + 1
    expected = decision_values(1, 2, [31, 95, 223, 479, 991, 2015, 4063, 8159])[:-1]
    assert changes.tolist() == expected
    np.testing.assert_array_equal(np.repeat(codes, 4), ULAW_COMPRESSED[:32768])
    np.testing.assert_array_equal(ULAW_COMPRESSED[:32767:-1], ULAW_COMPRESSED[:32768] & 0x7F)


def test_alaw_decides_at_the_values_of_table_1a() -> None:
    codes = ALAW_COMPRESSED[0:32768:8].astype(int)  # positive values in 13 bits
    changes = np.flatnonzero(np.diff(codes)) + 1
    expected = decision_values(2, 2, [64, 128, 256, 512, 1024, 2048, 4096])[:-1]
    assert changes.tolist() == expected
    np.testing.assert_array_equal(np.repeat(codes, 8), ALAW_COMPRESSED[:32768])
    np.testing.assert_array_equal(ALAW_COMPRESSED[:32767:-1], ALAW_COMPRESSED[:32768] ^ 0x80)


@pytest.mark.parametrize(("name", "zero"), [("PCMU", 0xFF), ("PCMA", 0xD5)])
def test_the_codec(name: Literal["PCMU", "PCMA"], zero: int) -> None:
    codec = G711Codec(name)
    assert codec.encode(np.zeros(160, np.float32)) == bytes((zero,)) * 160
    loud = codec.decode(codec.encode(np.full(160, 5.0, np.float32)))
    assert loud.dtype == np.float32
    assert 0.97 < float(loud.max()) <= 1.0
    everything = codec.decode(bytes(range(256)))
    table = ULAW_EXPANDED if name == "PCMU" else ALAW_EXPANDED
    np.testing.assert_array_equal(everything, from_int16(table))
    codec.close()
