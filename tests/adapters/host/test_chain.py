"""Chains of certificates: what is served can be taken by clients, and the rest is refused with a reason."""

import asyncio
import contextlib
import datetime as dt
import shutil
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from videobar.adapters.host.certificate import Certificate
from videobar.adapters.host.chain import LARGEST_CHAIN, MOST_CERTIFICATES, check_chain
from videobar.errors import InvalidRequest

NOW = dt.datetime.now(dt.UTC)


def named(text):
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def signed(name, key, issuer, signer, names=(), algorithm=None):
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - dt.timedelta(days=1))
        .not_valid_after(NOW + dt.timedelta(days=9))
        .add_extension(x509.BasicConstraints(ca=not names, path_length=None), critical=True)
    )
    if names:
        alternatives = x509.SubjectAlternativeName([x509.DNSName(each) for each in names])
        builder = builder.add_extension(alternatives, critical=False)
    return builder.sign(signer, algorithm or hashes.SHA256())


def chain_of(count, names=("localhost",)):
    """So many certificates, the room's own first, and its key."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(count)]
    made = [
        signed(
            str(number),
            keys[number],
            str(min(number + 1, count - 1)),
            keys[min(number + 1, count - 1)],
            names if number == 0 else (),
        )
        for number in range(count)
    ]
    return made, keys[0]


def pem(certificates, key=None):
    text = b"".join(each.public_bytes(Encoding.PEM) for each in certificates)
    return text + (key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) if key else b"")


@contextlib.asynccontextmanager
async def served(folder, count):
    """The port of a server that shows a chain which was installed; its root is in the file `root.pem`."""
    made, key = chain_of(count)
    certificate = Certificate(folder, "127.0.0.1")
    await certificate.install(pem(made, key))
    (folder / "root.pem").write_bytes(pem(made[-1:]))
    server = await asyncio.start_server(lambda _, w: w.close(), "127.0.0.1", 0, ssl=certificate.context)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize("count", [1, 2, MOST_CERTIFICATES])
async def test_what_is_taken_is_believed_by_clients(tmp_path, count):
    async with served(tmp_path, count) as port:
        trusting = ssl.create_default_context(cafile=tmp_path / "root.pem")
        _, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=trusting, server_hostname="localhost"
        )
        writer.close()


@pytest.mark.apt
@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize("count", [1, 2, MOST_CERTIFICATES])
async def test_what_is_taken_is_believed_by_openssl(tmp_path, count):
    async with served(tmp_path, count) as port:
        client = await asyncio.create_subprocess_exec(
            "openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-CAfile", str(tmp_path / "root.pem"),
            "-verify_return_error", stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        assert await client.wait() == 0


async def test_what_no_client_takes_is_refused(tmp_path):
    certificate = Certificate(tmp_path, "127.0.0.1")
    before = certificate.fingerprint()
    made, key = chain_of(3)
    long, long_key = chain_of(MOST_CERTIFICATES + 1)
    wide, wide_key = chain_of(1, [f"{number:060}.example.org" for number in range(LARGEST_CHAIN // 70)])
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    odd = ec.generate_private_key(ec.SECP256K1())
    old = dsa.generate_private_key(key_size=2048)
    for content, complaint in (
        (pem(long, long_key), f"has {MOST_CERTIFICATES + 1} certificates; a chain has at most"),
        (pem(made[:1] * 300, key), "has 300 certificates"),
        (pem(made[:1] * 2, key), "certificate 2 has not signed certificate 1"),
        (pem([made[-1]] * 2), "certificate 2 has not signed certificate 1"),
        (pem([made[0], made[2], made[1]], key), "certificate 2 has not signed certificate 1"),
        (pem([made[0], made[2]], key), "certificate 2 has not signed certificate 1"),
        (pem(wide, wide_key), "bytes; clients take at most"),
        (pem([signed("a", weak, "a", weak, ("a",))], weak), "RSA key of 1024 bits"),
        (pem([signed("a", odd, "a", odd, ("a",))], odd), "curve secp256k1"),
        (pem([signed("a", old, "a", old, ("a",))], old), "no client takes"),
        (
            pem(made, key).replace(b"-----BEGIN CERTIFICATE-----", b"-----BEGIN CERTIFICATE-----\n" * 200),
            "has 600",
        ),
    ):
        with pytest.raises(InvalidRequest, match=complaint):
            await certificate.install(content)
        assert certificate.fingerprint() == before


def test_other_keys_that_clients_take():
    for key in (ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP384R1())):
        algorithm = None if isinstance(key, ec.EllipticCurvePrivateKey) else hashes.SHA256()
        signer = ec.generate_private_key(ec.SECP256R1())
        assert check_chain(pem([signed("a", key, "b", signer, ("a",), algorithm)]))
