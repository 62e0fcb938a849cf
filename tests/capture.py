"""Capture files for tshark."""

from __future__ import annotations

import struct


def pcap(datagrams: list[bytes], port: int) -> bytes:
    """A capture file of raw IPv4 UDP datagrams to `port`."""
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    for index, payload in enumerate(datagrams):
        udp = struct.pack("!HHHH", port, port, 8 + len(payload), 0) + payload
        ip = struct.pack(
            "!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), index, 0, 64, 17, 0, b"\x7f\0\0\1", b"\x7f\0\0\1"
        )
        out += struct.pack("<IIII", index, 0, len(ip + udp), len(ip + udp)) + ip + udp
    return out
