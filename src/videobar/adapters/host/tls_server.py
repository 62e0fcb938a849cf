"""TLS server context, whatever the certificate: versions and cipher suites."""

from __future__ import annotations

import ssl
from types import MappingProxyType
from typing import Final

from videobar.adapters.host.tls_options import Compatibility

_WITH_SHA1: Final = (
    "ECDHE-ECDSA-AES256-SHA",
    "ECDHE-ECDSA-AES128-SHA",
    "ECDHE-RSA-AES256-SHA",
    "ECDHE-RSA-AES128-SHA",
)
_RSA_KEY_EXCHANGE: Final = (
    "AES256-GCM-SHA384",
    "AES128-GCM-SHA256",
    "AES256-SHA256",
    "AES128-SHA256",
    "AES256-SHA",
    "AES128-SHA",
)
FURTHER_SUITES: Final = MappingProxyType(
    {
        Compatibility.MODERN: (),
        Compatibility.WIDE: _WITH_SHA1,
        Compatibility.LEGACY: (*_WITH_SHA1, *_RSA_KEY_EXCHANGE),
    }
)
"""Suites of TLS 1.2 after those that are always there, by their names in OpenSSL, the preferred ones first."""


def server_context(compatibility: Compatibility = Compatibility.MODERN) -> ssl.SSLContext:
    """TLS context of the server, without a certificate. The server's order of suites counts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["http/1.1"])
    further = FURTHER_SUITES[compatibility]
    if further:
        own = [suite["name"] for suite in context.get_ciphers() if suite["protocol"] != "TLSv1.3"]
        context.set_ciphers(":".join((*own, *further)))
    return context
