"""Bodies of several parts (RFC 2046 section 5.1), as forms over HTTP and messages of SIP bring them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_BOUNDARY = re.compile(r"""boundary=(?:"([^"]{1,200})"|([^\s;,"]{1,200}))""", re.IGNORECASE)
_FOLD = re.compile(r"\r\n[ \t]+")


@dataclass(frozen=True)
class Part:
    """One part: its header fields as they are written, and its content."""

    head: str
    content: bytes

    def header(self, name: str) -> str:
        """The value of a header field; empty where it is absent."""
        for line in _FOLD.sub(" ", self.head).split("\r\n"):
            key, _, value = line.partition(":")
            if key.strip().lower() == name:
                return value.strip()
        return ""


def is_multipart(media_type: str) -> bool:
    """True if a body of that Content-Type has parts."""
    return media_type.lower().lstrip().startswith("multipart/")


def parts_of(media_type: str, body: bytes) -> list[Part]:
    """The parts of a body, at least one. A part that has no end of its header fields is left out.

    Raises:
        ValueError: the type has no boundary, there is no part, or the last boundary is missing; the text says which.
    """
    match = _BOUNDARY.search(media_type)
    if match is None:
        raise ValueError("content-type: has no boundary")
    boundary = (match[1] or match[2]).encode("latin-1", "replace")
    parts: list[Part] = []
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:]:
        if part.startswith(b"--"):
            break
        # A part without header fields begins with the empty line that ends them.
        head, blank, content = part.partition(b"\r\n\r\n")
        if blank:
            parts.append(Part(head.decode("latin-1").strip("\r\n"), content))
    else:
        raise ValueError("body: its last boundary is missing")
    if not parts:
        raise ValueError("body: has no part between its boundaries")
    return parts
