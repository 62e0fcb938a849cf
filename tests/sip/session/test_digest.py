import hashlib

import pytest

from videobar.sip.session.digest import Challenge, Credentials, DigestClient, authorization, challenges_of
from videobar.sip.syntax.message import Request, Response

NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
USER = Credentials("Mufasa", "Circle of Life")


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_example_of_rfc_7616(algorithm: str, response: str) -> None:
    challenge = Challenge("http-auth@example.org", NONCE, algorithm, "auth", "op")
    written = authorization(challenge, USER, "GET", "/dir/index.html", count=1, cnonce=CNONCE)
    assert f'response="{response}"' in written
    assert 'opaque="op"' in written
    assert "nc=00000001" in written


def test_without_qop_the_scheme_of_rfc_2069_is_used() -> None:
    challenge = Challenge("testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093")
    written = authorization(
        challenge, Credentials("Mufasa", "CircleOfLife"), "GET", "/dir/index.html", count=1, cnonce="x"
    )
    assert 'response="1949323746fe6a43ef61f9606e7febea"' in written
    assert "qop" not in written
    assert "cnonce" not in written


def refusal(*values: str, status: int = 401) -> Response:
    response = Response(status=status)
    for value in values:
        response.headers.add("www-authenticate" if status == 401 else "proxy-authenticate", value)
    return response


def test_the_strongest_challenge_comes_first_and_unknown_ones_are_left_out() -> None:
    found = challenges_of(
        refusal(
            'Digest realm="r", nonce="1", algorithm=MD5, qop="auth-int,auth"',
            'Digest realm="r", nonce="2", algorithm=SHA-512-256, qop="auth"',
            'Digest realm="r", nonce="3", algorithm=sha-256, qop="auth"',
            'Digest realm="r", nonce="4", qop="auth-int"',
            'Digest realm="r", nonce="5", qop="other"',
            'Digest realm="r", nonce="6", algorithm=SHA-1',
            'Basic realm="r"',
            "Digest nonsense",
        )
    )
    assert [(each.nonce, each.algorithm, each.qop) for each in found] == [
        ("2", "SHA-512-256", "auth"),
        ("3", "SHA-256", "auth"),
        ("1", "MD5", "auth"),
        ("4", "MD5", "auth-int"),
    ]


def test_sha_512_256_is_the_hash_of_that_name() -> None:
    def digest(text: str) -> str:
        return hashlib.new("sha512_256", text.encode()).hexdigest()

    challenge = Challenge("r", "n", "SHA-512-256", "auth")
    written = authorization(challenge, Credentials("u", "p"), "INVITE", "sip:a@h", count=1, cnonce="c")
    expected = digest(f"{digest('u:r:p')}:n:00000001:c:auth:{digest('INVITE:sip:a@h')}")
    assert f'response="{expected}"' in written


def test_auth_int_covers_the_body_and_sess_the_nonces() -> None:
    """Against RFC 7616 section 3.4 written out by hand."""

    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    challenge = Challenge("r", "n", "MD5", "auth-int", session=True)
    written = authorization(
        challenge, Credentials("u", "p"), "INVITE", "sip:a@h", count=2, cnonce="c", body=b"v=0"
    )
    secret = md5(f"{md5('u:r:p')}:n:c")
    request = md5(f"INVITE:sip:a@h:{md5('v=0')}")
    assert f'response="{md5(f"{secret}:n:00000002:c:auth-int:{request}")}"' in written
    assert "algorithm=MD5-sess" in written
    assert Challenge.parse('Digest realm="r", nonce="n", algorithm=MD5-sess, qop="auth-int"') == challenge


def test_a_nonce_is_counted_and_a_second_refusal_is_final() -> None:
    authorizer = DigestClient(Credentials("u", "p"), lambda: "c")
    assert authorizer.handle_challenge(refusal('Digest realm="r", nonce="1", qop="auth"'), 1)
    counts = []
    for _ in range(2):
        request = Request(method="INVITE", target="sip:a@h")
        authorizer.authorize(request)
        counts.append(request.headers.get("authorization"))
    assert "nc=00000001" in str(counts[0])
    assert "nc=00000002" in str(counts[1])
    assert not authorizer.handle_challenge(refusal('Digest realm="r", nonce="2", qop="auth"'), 2)
    assert authorizer.handle_challenge(refusal('Digest realm="r", nonce="3", qop="auth", stale=TRUE'), 2)
    fresh = Request(method="INVITE", target="sip:a@h")
    authorizer.authorize(fresh)
    assert 'nonce="3"' in str(fresh.headers.get("authorization"))
    assert "nc=00000001" in str(fresh.headers.get("authorization"))


def test_stale_for_ever_ends_too() -> None:
    authorizer = DigestClient(Credentials("u", "p"))
    stale = 'Digest realm="r", nonce="{}", stale=true'
    assert [authorizer.handle_challenge(refusal(stale.format(n)), n) for n in range(1, 6)] == [True] * 3 + [
        False
    ] * 2


def test_a_proxy_and_a_server_are_answered_apart() -> None:
    authorizer = DigestClient(Credentials("u", "p"))
    assert authorizer.handle_challenge(refusal('Digest realm="p", nonce="1"', status=407), 1)
    assert authorizer.handle_challenge(refusal('Digest realm="s", nonce="2"'), 2)
    request = Request(method="INVITE", target="sip:a@h")
    authorizer.authorize(request)
    assert 'realm="p"' in str(request.headers.get("proxy-authorization"))
    assert 'realm="s"' in str(request.headers.get("authorization"))


def test_credentials_are_kept_to_their_realm_and_out_of_logs() -> None:
    credentials = Credentials("u", "secret-word", realm="mine")
    assert not DigestClient(credentials).handle_challenge(refusal('Digest realm="yours", nonce="1"'), 1)
    assert not DigestClient(None).handle_challenge(refusal('Digest realm="yours", nonce="1"'), 1)
    assert "secret-word" not in repr(credentials)
