"""Certificates of CAs that come in through the API, as files below the room's data directory."""

from __future__ import annotations

import hashlib
import os
import ssl
from pathlib import Path

from videobar.errors import InvalidRequest, StoreUnavailable
from videobar.pem import believe, certificates_in

FOLDER = "authorities"


def keep_authorities(data: Path, pem: str) -> Path:
    """A file with the certificates of `pem` (RFC 7468) and nothing else, named by what is in it.

    Raises `InvalidRequest` where there is none, and `StoreUnavailable`; then there is no new file.
    """
    content = pem.encode(errors="replace")
    path = data / FOLDER / f"{hashlib.sha256(content).hexdigest()[:32]}.pem"
    beside = path.with_suffix(".new")
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        try:
            beside.write_bytes(content)
            try:
                plain = certificates_in(beside)
                believe(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), beside)
            except OSError as error:
                raise InvalidRequest(f"value: {error.strerror}") from None
            with beside.open("w") as file:
                file.write(plain)
                file.flush()
                os.fsync(file.fileno())
            beside.rename(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise StoreUnavailable(f"a file of certificates cannot be written: {error.strerror}") from error
    return path
