"""Reading cookies and credentials as all kinds of clients write them."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videobar.server.auth import MOST_CANDIDATES, basic_credentials, session_candidates

ID = "PSB3hwjP/x+y/" + "A" * 37


@pytest.mark.parametrize(
    "header",
    [
        f"session_id={ID}",
        f"session_id={ID}; XSRF-TOKEN=cfdcf04e-7cc4-4fbc-8dca-f409ca9e38df",
        f"XSRF-TOKEN=cfdcf04e-7cc4-4fbc-8dca-f409ca9e38df;session_id={ID}",
        f"session_id={ID}; Path=/; Domain=10.0.0.5; Secure; HttpOnly;",
        f'session_id="{ID}"',
        f'"session_id"="{ID}"; $Path="/"',
        f'$Version="1"; session_id="{ID}"; $Path="/"',
        f"  Session_Id = {ID}  ",
        f"SESSION_ID={ID}",
        f"a=b, session_id={ID}",
        f";;=;session_id={ID};",
    ],
)
def test_styles(header: str) -> None:
    assert list(session_candidates(header.encode())) == [ID]


def test_a_percent_encoded_value_is_also_offered_decoded() -> None:
    encoded = ID.replace("+", "%2B").replace("/", "%2F")
    assert list(session_candidates(f"session_id={encoded}".encode())) == [encoded, ID]


def test_duplicates_are_offered_in_order_and_in_bounds() -> None:
    assert list(session_candidates(b"session_id=a; session_id=b")) == ["a", "b"]
    assert len(list(session_candidates(b"session_id=a;" * 1000))) == MOST_CANDIDATES


@pytest.mark.parametrize(
    "header", [b"", b"session=a", b"xsession_id=a", b"session_idx=a", b"a=session_id", b"\xff=\xff"]
)
def test_no_session(header: bytes) -> None:
    assert list(session_candidates(header)) == []


@given(st.binary(max_size=200))
def test_any_cookie_header(header: bytes) -> None:
    for candidate in session_candidates(b"session_id=" + header):
        assert isinstance(candidate, str)


def encoded(credentials: bytes) -> bytes:
    return base64.b64encode(credentials)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"Basic " + encoded(b"admin:secret"), ("admin", "secret")),
        (b"basic   " + encoded("admin:pä:ss".encode()), ("admin", "pä:ss")),
        (b"Bearer abc", None),
        (b"Basic", None),
        (b"Basic !!!", None),
        (b"Basic " + encoded(b"admin"), None),
        (b"Basic " + encoded(b":secret"), None),
        (b"Basic " + encoded(b"admin:"), None),
        (b"Basic " + encoded(b"admin:\xff"), None),
        (None, None),
    ],
)
def test_basic(header: bytes | None, expected: tuple[str, str] | None) -> None:
    assert basic_credentials(header) == expected


@given(st.binary(max_size=100))
def test_any_authorization_header(header: bytes) -> None:
    for value in (header, b"Basic " + header, b"Basic " + encoded(header)):
        found = basic_credentials(value)
        assert found is None or all(found)
