from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videobar.sip.syntax.dtmf import PLAIN, RELAY, body_of, digit_of


@pytest.mark.parametrize(
    ("content_type", "body", "digit"),
    [
        (RELAY, b"Signal=5\r\nDuration=160\r\n", "5"),
        (RELAY, b"Signal= *\nDuration= 250", "*"),
        (RELAY, b"Duration=160\r\nsignal = #\r\n", "#"),
        (RELAY, b"Signal=10\r\n", "*"),
        (RELAY, b"Signal=11", "#"),
        (RELAY, b"Signal=d\r\n", "D"),
        (RELAY, b"Signal=16\r\n", None),
        (RELAY, b"Signal=55\r\n", None),
        (RELAY, b"Signal=\r\n", None),
        (RELAY, b"5", None),
        (PLAIN, b"5", "5"),
        (PLAIN, b" # \r\n", "#"),
        (PLAIN, b"11", "#"),
        (PLAIN, b"Signal=7\r\nDuration=100\r\n", "7"),
        (PLAIN, b"x", None),
        (PLAIN, b"", None),
        ("text/plain", b"5", None),
        ("", b"5", None),
    ],
)
def test_what_an_info_says(content_type, body, digit):
    assert digit_of(content_type, body) == digit


@pytest.mark.parametrize("content_type", [RELAY, PLAIN])
@pytest.mark.parametrize("digit", "0123456789*#ABCD")
def test_what_is_written_is_read(content_type, digit):
    assert digit_of(content_type, body_of(content_type, digit)) == digit


@given(st.sampled_from([RELAY, PLAIN]), st.binary(max_size=200))
def test_nothing_breaks_the_reader(content_type, body):
    assert digit_of(content_type, body) in (None, *"0123456789*#ABCD")
