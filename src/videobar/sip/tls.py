"""The TLS contexts of SIP (RFC 3261 section 26.2.1, RFC 5922): who we are, and whom we believe."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from videobar.files import MIB, read_regular
from videobar.pem import believe

LARGEST_FILE: Final = MIB


@dataclass(frozen=True)
class TlsFiles:
    """PEM files: our certificate with its chain, its key (in the same file where empty), and CAs.

    Servers are verified where `verify` says so, against `authorities`, or the system's CAs where that is empty. Without
    it a connection is encrypted, but to whomever answers. Clients are never asked for a certificate.
    """

    certificate: str
    key: str = ""
    verify: bool = False
    authorities: str = ""


class Tls:
    """The contexts made from `files`; `refresh` takes up a certificate that was renewed.

    Raises:
        OSError: a file cannot be read; `ssl.SSLError`, which is one, where what is in it cannot be used.
    """

    def __init__(self, files: TlsFiles) -> None:
        self._files = files
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        for context in (self.server, self.client):
            context.minimum_version = ssl.TLSVersion.TLSv1_2
        if not files.verify:
            self.client.check_hostname = False
            self.client.verify_mode = ssl.CERT_NONE
        elif files.authorities:
            believe(self.client, files.authorities)
        else:
            self.client.load_default_certs()
        self._loaded = 0
        self.refresh()

    def refresh(self) -> None:
        """Load the certificate again if its file has changed; connections made from then on show the new one."""
        changed = Path(self._files.certificate).stat().st_mtime_ns
        if changed != self._loaded:
            for file in filter(None, (self._files.certificate, self._files.key)):
                read_regular(file, LARGEST_FILE)
            for context in (self.server, self.client):
                context.load_cert_chain(self._files.certificate, self._files.key or None)
            self._loaded = changed
