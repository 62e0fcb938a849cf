"""Headers of H.264 that say what a decoder will have to do: size, keyframes, and how many there are."""

from __future__ import annotations

import re
from typing import Final

from videobar.media.video.coding import FrameHeader, MalformedHeader

MOST_PARAMETER_SETS: Final = 32
"""SPS in one access unit at most: as many as there are ids (H.264 section 7.4.2.1.1)."""
_LONGEST_SPS: Final = 2048
"""Bytes of an SPS that are looked at: all of its scaling lists, and what comes before the size."""
_WITH_CHROMA: Final = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 144, 244})
"""`profile_idc` whose SPS says its chroma format (section 7.3.2.1.1)."""
_SPS: Final = re.compile(rb"\x00\x00\x01[\x07\x27\x47\x67\x87\xa7\xc7\xe7]")
_IDR: Final = re.compile(rb"\x00\x00\x01[\x05\x25\x45\x65\x85\xa5\xc5\xe5]")
_FIRST_SLICE: Final = re.compile(
    rb"\x00\x00\x01[\x01\x21\x41\x61\x81\xa1\xc1\xe1\x05\x25\x45\x65\x85\xa5\xc5\xe5][\x80-\xff]"
)
"""A slice whose `first_mb_in_slice` is 0, which is ue(v) of one bit that is set."""


def read_access_unit(data: bytes) -> FrameHeader:
    """Headers of an access unit in Annex B. Raises `MalformedHeader`."""
    sizes: list[tuple[int, int]] = []
    for found in _SPS.finditer(data):
        if len(sizes) == MOST_PARAMETER_SETS:
            raise MalformedHeader("more parameter sets than there are ids")
        end = data.find(b"\0\0\1", found.end())
        limit = found.end() + _LONGEST_SPS
        sizes.append(_sps_size(data[found.end() : limit if end < 0 else min(end, limit)]))
    pictures = sum(1 for _ in _FIRST_SLICE.finditer(data))
    return FrameHeader(tuple(dict.fromkeys(sizes)), max(1, pictures), _IDR.search(data) is not None)


def _sps_size(coded: bytes) -> tuple[int, int]:
    """Width and height in whole macroblocks (section 7.3.2.1.1): what is decoded, before anything is cropped."""
    bits = _Bits(coded.replace(b"\0\0\3", b"\0\0"))
    profile = bits.take(8)
    bits.take(16)
    bits.exp_golomb()
    if profile in _WITH_CHROMA:
        _skip_chroma(bits)
    bits.exp_golomb()
    order = bits.exp_golomb()
    if order == 0:
        bits.exp_golomb()
    elif order == 1:
        bits.take(1)
        bits.exp_golomb()
        bits.exp_golomb()
        for _ in range(min(bits.exp_golomb(), 256)):
            bits.exp_golomb()
    bits.exp_golomb()
    bits.take(1)
    width = bits.exp_golomb() + 1
    height = bits.exp_golomb() + 1
    return width * 16, height * (1 if bits.take(1) else 2) * 16


def _skip_chroma(bits: _Bits) -> None:
    """Chroma format, depths and scaling lists."""
    chroma = bits.exp_golomb()
    if chroma == 3:
        bits.take(1)
    bits.exp_golomb()
    bits.exp_golomb()
    bits.take(1)
    if not bits.take(1):
        return
    for index in range(12 if chroma == 3 else 8):
        if bits.take(1):
            last = following = 8
            for _ in range(16 if index < 6 else 64):
                if following:
                    following = (last + bits.signed_exp_golomb()) % 256
                last = following or last


class _Bits:
    """Reads bits, the most significant first."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data)
        self._left = len(data) * 8

    def take(self, count: int) -> int:
        """The next `count` bits, as a number."""
        if count > self._left:
            raise MalformedHeader("a sequence parameter set that is cut off")
        self._left -= count
        return self._value >> self._left & (1 << count) - 1

    def exp_golomb(self) -> int:
        """ue(v), section 9.1; of 32 bits at most."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 32:
                raise MalformedHeader("a number without end in a sequence parameter set")
        return (1 << zeros) - 1 + self.take(zeros)

    def signed_exp_golomb(self) -> int:
        """se(v), section 9.1.1."""
        value = self.exp_golomb()
        return (value + 1) // 2 if value % 2 else -(value // 2)
