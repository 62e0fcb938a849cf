"""Which clients get in, and what they are shown: asked with the `openssl` program."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import re
import shutil
import ssl
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from videobar.adapters.host.certificate import Certificate
from videobar.adapters.host.own_certificate import KeyType, self_signed
from videobar.adapters.host.tls_options import Compatibility, Keys
from videobar.adapters.host.tls_server import server_context

pytestmark = [
    pytest.mark.apt,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl"),
]

GCM = ("AES128-GCM-SHA256", "AES256-GCM-SHA384")
ALWAYS = (*(f"ECDHE-{{}}-{suite}" for suite in GCM), "ECDHE-{}-AES128-SHA256", "ECDHE-{}-AES256-SHA384")
SHA1 = ("ECDHE-{}-AES128-SHA", "ECDHE-{}-AES256-SHA")
RSA_KEY_EXCHANGE = (*GCM, "AES128-SHA256", "AES256-SHA256", "AES128-SHA", "AES256-SHA")
NEVER = (
    "DES-CBC3-SHA",
    "ECDHE-RSA-DES-CBC3-SHA",
    "RC4-SHA",
    "CAMELLIA128-SHA",
    "AES128-CCM",
    "ADH-AES128-GCM-SHA256",
    "AECDH-AES128-SHA",
    "NULL-SHA256",
    "ECDHE-RSA-NULL-SHA",
    "PSK-AES128-GCM-SHA256",
    "SRP-AES-128-CBC-SHA",
    "DHE-RSA-AES128-SHA",
)


@contextlib.asynccontextmanager
async def served(certificate: Certificate):
    """A port at which the certificate is shown."""
    server = await asyncio.start_server(lambda _, w: w.close(), "127.0.0.1", 0, ssl=certificate.context)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def shown(port: int, *flags: str) -> tuple[str, str]:
    """The suite and the type of key that a client with those flags gets; empty where it is refused."""
    process = await asyncio.create_subprocess_exec(
        "openssl", "s_client", "-connect", f"127.0.0.1:{port}", *flags,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    text = said.decode(errors="replace")
    suite = re.search(r"Cipher is (\S+)", text)
    key = re.search(r"a:PKEY: (\w+)", text)
    if suite is None or suite[1] == "(NONE)" or key is None:
        return "", ""
    return suite[1], {"rsaEncryption": "RSA", "id": "ECDSA"}[key[1]]


async def by_suite(port: int, suite: str) -> str:
    """What a client of TLS 1.2 that knows only one suite gets."""
    return (await shown(port, "-tls1_2", "-cipher", f"{suite}:@SECLEVEL=0"))[0]


EXPECTED = {
    Compatibility.MODERN: ALWAYS,
    Compatibility.WIDE: (*ALWAYS, *SHA1),
    Compatibility.LEGACY: (*ALWAYS, *SHA1, *RSA_KEY_EXCHANGE),
}


@pytest.mark.parametrize("keys", Keys)
@pytest.mark.parametrize("compatibility", Compatibility)
async def test_every_suite(tmp_path: Path, compatibility: Compatibility, keys: Keys) -> None:
    types = {Keys.ECDSA: ["ECDSA"], Keys.RSA: ["RSA"], Keys.BOTH: ["ECDSA", "RSA"]}[keys]
    expected = set()
    for suite in EXPECTED[compatibility]:
        if "{}" in suite:
            expected |= {suite.format(each) for each in types}
        elif "RSA" in types:
            expected.add(suite)
    asked = {form.format(each) for form in (*ALWAYS, *SHA1) for each in ("ECDSA", "RSA")}
    async with served(Certificate(tmp_path, "127.0.0.1", keys=keys, compatibility=compatibility)) as port:
        taken = {
            suite for suite in (*asked, *RSA_KEY_EXCHANGE, *NEVER) if await by_suite(port, suite) == suite
        }
        assert taken == expected
        for version in ("-tls1", "-tls1_1"):
            assert await shown(port, version, "-cipher", "ALL:@SECLEVEL=0") == ("", "")


def test_by_default_nothing_is_let_in_that_was_not() -> None:
    plain = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    assert [each["name"] for each in server_context().get_ciphers()] == [
        each["name"] for each in plain.get_ciphers()
    ]
    for each in Compatibility:
        context = server_context(each)
        assert context.security_level == plain.security_level
        assert context.options == server_context().options
        assert context.options & ssl.OP_CIPHER_SERVER_PREFERENCE
        names = [suite["name"] for suite in context.get_ciphers()]
        assert names[: len(plain.get_ciphers())] == [suite["name"] for suite in plain.get_ciphers()]


@pytest.mark.parametrize(
    ("flags", "key"),
    [
        (("-tls1_3",), "ECDSA"),
        (("-tls1_3", "-sigalgs", "RSA-PSS+SHA256"), "RSA"),
        (("-tls1_3", "-sigalgs", "ECDSA+SHA256"), "ECDSA"),
        (("-tls1_2",), "ECDSA"),
        (("-tls1_2", "-sigalgs", "RSA+SHA256"), "RSA"),
        (("-tls1_2", "-cipher", "aRSA"), "RSA"),
        (("-tls1_2", "-cipher", "aECDSA"), "ECDSA"),
        (("-tls1_2", "-cipher", "aRSA", "-noservername"), "RSA"),
        (("-tls1_2", "-cipher", "aRSA", "-servername", "room.example"), "RSA"),
    ],
)
async def test_of_two_certificates_a_client_is_shown_the_one_that_it_can_use(
    tmp_path: Path, flags: tuple[str, ...], key: str
) -> None:
    async with served(Certificate(tmp_path, "127.0.0.1", keys=Keys.BOTH)) as port:
        assert (await shown(port, *flags))[1] == key


async def test_what_both_know_is_the_best_that_both_know(tmp_path: Path) -> None:
    certificate = Certificate(tmp_path, "127.0.0.1", keys=Keys.BOTH, compatibility=Compatibility.LEGACY)
    async with served(certificate) as port:
        flags = (
            "-tls1_2",
            "-cipher",
            "AES128-SHA:AES256-GCM-SHA384:ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256",
        )
        assert (await shown(port, *flags))[0] == "ECDHE-RSA-AES128-GCM-SHA256"


async def test_keys_stay_whatever_is_chosen_between(tmp_path: Path) -> None:
    def prints(keys: Keys) -> set[str]:
        certificate = Certificate(tmp_path, "127.0.0.1", keys=keys)
        return {each.certificate.serial_number for each in certificate._shown}

    (first,), (second,) = prints(Keys.ECDSA), prints(Keys.RSA)
    assert prints(Keys.BOTH) == {first, second}
    assert (prints(Keys.RSA), prints(Keys.ECDSA)) == ({second}, {first})
    for name in ("https.pem", "https-rsa.pem"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


async def test_both_are_renewed(tmp_path: Path) -> None:
    now = dt.datetime.now(dt.UTC)
    certificate = Certificate(tmp_path, "127.0.0.1", keys=Keys.BOTH, now=lambda: now)
    before = await certificate.facts()
    assert not certificate.renew_if_due()
    now += dt.timedelta(days=800)
    assert certificate.renew_if_due()
    after = await certificate.facts()
    assert after.fingerprint != before.fingerprint
    assert len(after.other_fingerprints) == 1
    assert after.other_fingerprints != before.other_fingerprints


def bundle(authority: trustme.CA, key_type: trustme.KeyType) -> bytes:
    issued = authority.issue_cert("127.0.0.1", key_type=key_type)
    return issued.private_key_and_cert_chain_pem.bytes()


RSA_ONLY = ("-tls1_2", "-cipher", "aRSA")
ECDSA_ONLY = ("-tls1_2", "-cipher", "aECDSA")


@pytest.mark.parametrize("keys", Keys)
@pytest.mark.parametrize("key_type", trustme.KeyType)
async def test_what_is_installed_is_what_clients_see(
    tmp_path: Path, keys: Keys, key_type: trustme.KeyType
) -> None:
    authority = trustme.CA()
    certificate = Certificate(tmp_path, "127.0.0.1", keys=keys)
    own = await certificate.facts()
    await certificate.install(bundle(authority, key_type))
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    for each in (certificate, Certificate(tmp_path, "127.0.0.1", keys=keys)):
        facts = await each.facts()
        assert not facts.self_signed
        async with served(each) as port:
            for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                trusting.minimum_version = trusting.maximum_version = version
                _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
                writer.close()
            trusting.minimum_version, trusting.maximum_version = (
                ssl.TLSVersion.TLSv1_2,
                ssl.TLSVersion.TLSv1_3,
            )
            # One of the other type is still shown to those who know nothing else, where that was asked for.
            needs_rsa = keys is not Keys.ECDSA or key_type is trustme.KeyType.RSA
            assert bool((await shown(port, *RSA_ONLY))[0]) == needs_rsa
            assert bool((await shown(port, *ECDSA_ONLY))[0]) == (key_type is trustme.KeyType.ECDSA)
    await certificate.remove()
    assert (await certificate.facts()).self_signed
    assert (await certificate.facts()).fingerprint != own.fingerprint
    async with served(certificate) as port:
        assert bool((await shown(port, *RSA_ONLY))[0]) == (keys is not Keys.ECDSA)


@pytest.mark.parametrize("order", [("ECDSA", "RSA"), ("RSA", "ECDSA")])
async def test_one_of_each_type_can_be_installed(tmp_path: Path, order: tuple[str, str]) -> None:
    authority = trustme.CA()
    certificate = Certificate(tmp_path, "127.0.0.1", keys=Keys.BOTH)
    for name in order:
        await certificate.install(bundle(authority, trustme.KeyType[name]))
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    for each in (certificate, Certificate(tmp_path, "127.0.0.1", keys=Keys.BOTH)):
        assert not each.renew_if_due()
        async with served(each) as port:
            for flags, key in ((RSA_ONLY, "RSA"), (ECDSA_ONLY, "ECDSA")):
                trusted = ("-CAfile", str(tmp_path / "ca.pem"), "-verify_return_error")
                assert (await shown(port, *flags, *trusted))[1] == key


async def test_a_self_signed_one_that_was_installed_is_not_taken_for_our_own(tmp_path: Path) -> None:
    import datetime as dt

    old = dt.datetime.now(dt.UTC) - dt.timedelta(days=810)
    foreign = self_signed(KeyType.ECDSA, "room.example", old)
    certificate = Certificate(tmp_path, "127.0.0.1", keys=Keys.RSA)
    await certificate.install(foreign)
    facts = await certificate.facts()
    assert "room.example" in facts.names
    assert not certificate.renew_if_due()
    assert (await Certificate(tmp_path, "127.0.0.1", keys=Keys.RSA).facts()).fingerprint == facts.fingerprint


async def test_a_request_has_a_key_of_the_type_that_was_asked_for(tmp_path: Path) -> None:
    for keys, kind in ((Keys.ECDSA, ec.EllipticCurvePublicKey), (Keys.RSA, rsa.RSAPublicKey)):
        csr = await Certificate(tmp_path, "127.0.0.1", keys=keys).request("room.example", [])
        assert isinstance(x509.load_pem_x509_csr(csr.encode()).public_key(), kind)
