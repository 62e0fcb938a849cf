"""Files of certificates in PEM (RFC 7468), as authorities are given."""

from __future__ import annotations

import errno
import os
import re
import ssl
from os import PathLike
from typing import Final

from videobar.files import MIB, read_regular

LARGEST_BUNDLE: Final = 4 * MIB
"""Bytes of a file of authorities; those of systems have some 250 kB."""

_CERTIFICATE: Final = re.compile(
    rb"-----BEGIN ((?:TRUSTED |X509 )?CERTIFICATE)-----[A-Za-z0-9+/=\s]{1,100000}-----END \1-----"
)


def certificates_in(path: str | PathLike[str]) -> str:
    """The certificates of a regular file, without what else is in it. Raises `OSError`, also where there is none."""
    found = [match[0] for match in _CERTIFICATE.finditer(read_regular(path, LARGEST_BUNDLE))]
    if not found:
        raise OSError(errno.EINVAL, "holds no certificates", os.fspath(path))
    return b"\n".join(found).decode() + "\n"


def believe(context: ssl.SSLContext, path: str | PathLike[str]) -> None:
    """Believe the authorities of a file. Raises `OSError`."""
    pem = certificates_in(path)
    try:
        context.load_verify_locations(cadata=pem)
    except ssl.SSLError as error:
        raise OSError(
            errno.EINVAL, f"holds what is no certificate ({error.reason or 'damaged'})", os.fspath(path)
        ) from None
