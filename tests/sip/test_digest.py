import pytest

from videobar.sip.digest import Authorizer, Challenge, Credentials, authorization, challenges_of
from videobar.sip.message import Request, Response

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
            'Basic realm="r"',
            "Digest nonsense",
        )
    )
    assert [(each.nonce, each.algorithm, each.qop) for each in found] == [
        ("3", "SHA-256", "auth"),
        ("1", "MD5", "auth"),
    ]


def test_a_nonce_is_counted_and_a_second_refusal_is_final() -> None:
    authorizer = Authorizer(Credentials("u", "p"), lambda: "c")
    assert authorizer.learn(refusal('Digest realm="r", nonce="1", qop="auth"'), 1)
    counts = []
    for _ in range(2):
        request = Request(method="INVITE", target="sip:a@h")
        authorizer.sign(request)
        counts.append(request.headers.get("authorization"))
    assert "nc=00000001" in str(counts[0])
    assert "nc=00000002" in str(counts[1])
    assert not authorizer.learn(refusal('Digest realm="r", nonce="2", qop="auth"'), 2)
    assert authorizer.learn(refusal('Digest realm="r", nonce="3", qop="auth", stale=TRUE'), 2)
    fresh = Request(method="INVITE", target="sip:a@h")
    authorizer.sign(fresh)
    assert 'nonce="3"' in str(fresh.headers.get("authorization"))
    assert "nc=00000001" in str(fresh.headers.get("authorization"))


def test_stale_for_ever_ends_too() -> None:
    authorizer = Authorizer(Credentials("u", "p"))
    stale = 'Digest realm="r", nonce="{}", stale=true'
    assert [authorizer.learn(refusal(stale.format(n)), n) for n in range(1, 6)] == [True] * 3 + [False] * 2


def test_a_proxy_and_a_server_are_answered_apart() -> None:
    authorizer = Authorizer(Credentials("u", "p"))
    assert authorizer.learn(refusal('Digest realm="p", nonce="1"', status=407), 1)
    assert authorizer.learn(refusal('Digest realm="s", nonce="2"'), 2)
    request = Request(method="INVITE", target="sip:a@h")
    authorizer.sign(request)
    assert 'realm="p"' in str(request.headers.get("proxy-authorization"))
    assert 'realm="s"' in str(request.headers.get("authorization"))


def test_credentials_are_kept_to_their_realm_and_out_of_logs() -> None:
    credentials = Credentials("u", "secret-word", realm="mine")
    assert not Authorizer(credentials).learn(refusal('Digest realm="yours", nonce="1"'), 1)
    assert not Authorizer(None).learn(refusal('Digest realm="yours", nonce="1"'), 1)
    assert "secret-word" not in repr(credentials)
