from __future__ import annotations

from typing import Literal

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from videobar.media.format import from_int16
from videobar.media.g711 import (
    ALAW_COMPRESSED,
    ALAW_EXPANDED,
    ULAW_COMPRESSED,
    ULAW_EXPANDED,
    G711Codec,
)


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


@pytest.mark.parametrize(
    ("compressed", "expanded", "step"),
    [(ULAW_COMPRESSED, ULAW_EXPANDED, 4), (ALAW_COMPRESSED, ALAW_EXPANDED, 16)],
    ids=["ulaw", "alaw"],
)
def test_every_linear_value_becomes_a_nearest_code(
    compressed: NDArray[np.uint8], expanded: NDArray[np.int16], step: int
) -> None:
    linear = np.arange(-32768, 32768).astype(np.int16)
    back = expanded[compressed[linear_index(linear)]].astype(np.int64)
    levels = np.unique(expanded.astype(np.int64))
    right = np.clip(np.searchsorted(levels, linear), 1, len(levels) - 1)
    nearest = np.minimum(
        np.abs(levels[right] - linear.astype(np.int64)), np.abs(levels[right - 1] - linear.astype(np.int64))
    )
    # the recommendation quantises to 14 (µ) and 13 bits (A) first, so a tie may go either way within that step
    assert np.max(np.abs(back - linear) - nearest) <= step
    assert np.all(np.diff(back) >= 0)


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
