"""Real LDAP servers (OpenLDAP's slapd), each with a database, a port and a certificate of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time

import pytest
from tests.free_ports import free_port

ROOT_PASSWORD = "very secret"
BASE = "dc=example,dc=org"
ROOT_DN = f"cn=admin,{BASE}"
PATIENCE_S = 30.0

CONFIGURATION = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
{more}
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/slapd.pid
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.key
sizelimit {most}
{security}
database mdb
maxsize 268435456
suffix "{base}"
rootdn "cn=admin,{base}"
rootpw "{password}"
directory {folder}/data
index objectClass,entryUUID eq
index cn,sn,givenName,displayName,mail eq,sub
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
"""

ORGANISATION = f"""\
dn: {BASE}
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: uid=reader,{BASE}
objectClass: inetOrgPerson
uid: reader
cn: Reader
sn: Reader
userPassword: reading

"""

SIP_SCHEMA = """\
attributetype ( 1.3.6.1.4.1.99999.1.1 NAME 'SIPIdentitySIPURI' EQUALITY caseIgnoreMatch
  SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
objectclass ( 1.3.6.1.4.1.99999.1.2 NAME 'SIPIdentity' SUP top AUXILIARY MAY ( SIPIdentitySIPURI ) )
"""
"""The attribute of H.350.4 (RFC 3944) that matters here; Debian has no file of it."""

AD_SCHEMA = """\
attributetype ( 1.2.840.113556.1.4.2 NAME 'objectGUID' EQUALITY octetStringMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.782 NAME 'objectCategory' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.6.24.1.1 NAME 'msRTCSIP-PrimaryUserAddress' EQUALITY caseIgnoreMatch
  SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.721 NAME 'ipPhone' EQUALITY caseIgnoreMatch
  SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
objectclass ( 1.2.840.113556.1.5.9 NAME 'user' SUP inetOrgPerson STRUCTURAL
  MAY ( objectGUID $ objectCategory $ msRTCSIP-PrimaryUserAddress $ ipPhone ) )
objectclass ( 1.2.840.113556.1.5.8 NAME 'group' SUP top STRUCTURAL
  MUST cn MAY ( objectGUID $ objectCategory $ member $ displayName $ mail ) )
"""
"""As much of Active Directory's schema as this room asks for."""


class Slapd:
    """One server; `ldif` is loaded before its first start."""

    def __init__(
        self,
        folder,
        ldif,
        authority,
        *,
        schema=SIP_SCHEMA,
        security="",
        identity="127.0.0.1",
        most="unlimited",
    ):
        self.folder = folder
        folder.mkdir()
        (folder / "data").mkdir()
        certificate = authority.issue_cert(identity, common_name=identity)
        certificate.private_key_pem.write_to_path(folder / "server.key")
        certificate.cert_chain_pems[0].write_to_path(folder / "server.pem")
        authority.cert_pem.write_to_path(folder / "ca.pem")
        (folder / "more.schema").write_text(schema)
        (folder / "slapd.conf").write_text(
            CONFIGURATION.format(
                folder=folder,
                base=BASE,
                password=ROOT_PASSWORD,
                more=f"include {folder}/more.schema",
                security=security,
                most=most,
            )
        )
        (folder / "first.ldif").write_text(ORGANISATION + ldif)
        subprocess.run(
            ["/usr/sbin/slapadd", "-q", "-f", folder / "slapd.conf", "-l", folder / "first.ldif"],
            check=True,
            capture_output=True,
        )
        self.port, self.tls_port = free_port(), free_port()
        self.url = f"ldap://127.0.0.1:{self.port}"
        self.tls_url = f"ldaps://127.0.0.1:{self.tls_port}"
        self.ca = str(folder / "ca.pem")
        self.process = None
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [
                "/usr/sbin/slapd",
                "-d",
                "0",
                "-f",
                self.folder / "slapd.conf",
                "-h",
                f"{self.url} {self.tls_url}",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for port in {self.port, self.tls_port}:
            _wait_for(port, self.process)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.process.pid, signal.SIGCONT)

    def change(self, ldif: str) -> None:
        subprocess.run(
            ["/usr/bin/ldapmodify", "-x", "-H", self.url, "-D", ROOT_DN, "-w", ROOT_PASSWORD],
            input=ldif,
            text=True,
            check=True,
            capture_output=True,
        )

    def stop(self) -> None:
        if self.process.poll() is None:
            self.thaw()
            self.process.terminate()
            self.process.wait(PATIENCE_S)


def _wait_for(port: int, process) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        assert process.poll() is None, "slapd ended"
        time.sleep(0.02)
    raise AssertionError("slapd does not listen")


@pytest.fixture(scope="session")
def authority():
    trustme = pytest.importorskip("trustme")
    return trustme.CA()


@pytest.fixture
def start_slapd(tmp_path, authority):
    """Starts servers; skips where slapd is missing."""
    if not os.access("/usr/sbin/slapd", os.X_OK) or shutil.which("ldapmodify") is None:
        pytest.skip("slapd and ldap-utils are not installed")
    servers = []

    def start(ldif="", **more) -> Slapd:
        servers.append(Slapd(tmp_path / f"slapd{len(servers)}", ldif, authority, **more))
        return servers[-1]

    start.ad_schema = AD_SCHEMA
    yield start
    for server in servers:
        server.stop()
