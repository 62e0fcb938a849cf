"""Files in `multipart/form-data` bodies (RFC 7578), as forms and some clients send them."""

from __future__ import annotations

from videobar.contract.model import Upload
from videobar.errors import InvalidRequest
from videobar.multipart import Part, is_multipart, parts_of


def files_of(upload: Upload) -> bytes:
    """The contents of all files of a multipart body, a line end between them; one that is not multipart as it is.

    Raises `InvalidRequest`.
    """
    if not is_multipart(upload.media_type):
        return upload.content
    parts = _parts(upload)
    return b"\n".join(part.content for part in [one for one in parts if _is_file(one)] or parts)


def file_of(upload: Upload) -> Upload:
    """The first file of a multipart body, else its first part; a body that is not multipart is the file itself.

    Raises `InvalidRequest`.
    """
    if not is_multipart(upload.media_type):
        return upload
    parts = _parts(upload)
    file = next(filter(_is_file, parts), parts[0])
    return Upload(file.header("content-type") or "application/octet-stream", file.content)


def _parts(upload: Upload) -> list[Part]:
    try:
        return parts_of(upload.media_type, upload.content)
    except ValueError as error:
        raise InvalidRequest(str(error)) from None


def _is_file(part: Part) -> bool:
    return "filename" in part.header("content-disposition").lower()
