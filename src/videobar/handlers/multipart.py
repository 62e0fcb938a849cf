"""Files in `multipart/form-data` bodies (RFC 7578), as forms and some clients send them."""

from __future__ import annotations

from videobar.contract.model import Upload
from videobar.errors import InvalidRequest
from videobar.multipart import is_multipart, parts_of


def file_of(upload: Upload) -> Upload:
    """The first file of a multipart body, else its first part; a body that is not multipart is the file itself.

    Raises `InvalidRequest`.
    """
    if not is_multipart(upload.media_type):
        return upload
    try:
        parts = parts_of(upload.media_type, upload.content)
    except ValueError as error:
        raise InvalidRequest(str(error)) from None
    file = next(
        (part for part in parts if "filename" in part.header("content-disposition").lower()), parts[0]
    )
    return Upload(file.header("content-type") or "application/octet-stream", file.content)
