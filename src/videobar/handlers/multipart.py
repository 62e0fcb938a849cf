"""Files in `multipart/form-data` bodies (RFC 7578), as forms and some clients send them."""

from __future__ import annotations

import re

from videobar.contract.model import Upload
from videobar.errors import InvalidRequest

BOUNDARY = re.compile(r"""boundary=(?:"([^"]{1,200})"|([^\s;,"]{1,200}))""", re.IGNORECASE)
DISPOSITION = re.compile(rb"^content-disposition:[^\r\n]*", re.IGNORECASE | re.MULTILINE)
TYPE = re.compile(rb"^content-type:\s*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)


def file_of(upload: Upload) -> Upload:
    """The first file of a multipart body, else its first part; a body that is not multipart is the file itself.

    Raises `InvalidRequest`.
    """
    if not upload.media_type.lower().lstrip().startswith("multipart/"):
        return upload
    match = BOUNDARY.search(upload.media_type)
    if match is None:
        raise InvalidRequest("content-type: has no boundary")
    parts = _parts(upload.content, (match[1] or match[2]).encode("latin-1"))
    if not parts:
        raise InvalidRequest("body: has no part between its boundaries")
    head, content = next((part for part in parts if b"filename" in _disposition(part[0])), parts[0])
    kind = TYPE.search(head)
    return Upload(kind[1].decode("latin-1").strip() if kind else "application/octet-stream", content)


def _parts(body: bytes, boundary: bytes) -> list[tuple[bytes, bytes]]:
    """Headers and content of each part that is complete (RFC 2046, section 5.1.1)."""
    parts: list[tuple[bytes, bytes]] = []
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:]:
        if part.startswith(b"--"):
            return parts
        head, blank, content = part.partition(b"\r\n\r\n")
        if blank:
            parts.append((head, content))
    raise InvalidRequest("body: its last boundary is missing")


def _disposition(head: bytes) -> bytes:
    match = DISPOSITION.search(head)
    return match[0].lower() if match else b""
