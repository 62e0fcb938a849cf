"""Bytes of unknown encoding as text."""

from __future__ import annotations

MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


def decoded(content: bytes, *charsets: str, otherwise: str = "cp1252") -> str:
    """The text: by its byte order mark, or the first of `charsets` that it really is in, or UTF-8.

    Where it is in none of them, lines that are no UTF-8 are taken as `otherwise`: old programs write Windows-1252.
    """
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    for name in (*charsets, "utf-8"):
        if name:
            try:
                return content.decode(name)
            except (LookupError, UnicodeError):
                continue
    return "\n".join(_line(line, otherwise) for line in content.split(b"\n"))


def charset_of(content_type: str) -> str:
    """The charset that a `Content-Type` header names, or nothing."""
    return content_type.casefold().partition("charset=")[2].partition(";")[0].strip(" \"'")


def _line(line: bytes, otherwise: str) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode(otherwise, "replace")
