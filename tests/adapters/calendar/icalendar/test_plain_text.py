import pytest
from hypothesis import given
from hypothesis import strategies as st

from videobar.adapters.calendar.icalendar.plain_text import MOST_HTML, plain_text, tidy


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("plain\r\ntext", "plain\ntext"),
        ("a < b and c > d", "a < b and c > d"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("one<br>two", "one\ntwo"),
        ("<div>R&amp;D&nbsp;day</div>", "R&D day"),
        ('<a href="sip:a@b.example">Join</a>', "Join sip:a@b.example"),
        ('<a href="sip:a@b.example">sip:a@b.example</a>', "sip:a@b.example"),
        ("<html><head><style>p {}</style></head><body><script>x()</script>seen</body></html>", "seen"),
        (
            "<p>broken <b>never closed <a href='sip:x@y.example'>and so on",
            "broken never closed and so on sip:x@y.example",
        ),
        ("<p>\u202esip:evil@x\u200b</p>", "sip:evil@x"),
        (
            '<a href="https://nam02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fzoom.us%2Fj%2F1&amp;data=05">x</a>',
            "x https://zoom.us/j/1",
        ),
        (
            "https://www.google.com/url?q=https%3A%2F%2Fmeet.google.com%2Fabc&sa=D",
            "https://meet.google.com/abc",
        ),
        (
            "https://x.safelinks.protection.outlook.com/?nothing",
            "https://x.safelinks.protection.outlook.com/?nothing",
        ),
        ("", ""),
        ("<p></p>", ""),
        ("<?xml version='1.0' encoding='utf-16'?><p>odd</p>", "odd"),
    ],
)
def test_bodies(body, text):
    assert plain_text(body) == text


def test_the_day_of_a_subject_is_on_one_line():
    assert tidy("a\r\n\tb\x00\x1bc ") == "a bc"


@given(st.text(max_size=2000) | st.binary(max_size=500).map(lambda b: "<p>" + b.decode("latin-1")))
def test_any_body_has_a_text(body):
    text = plain_text(body)
    assert isinstance(text, str)
    text.encode()


@pytest.mark.parametrize(
    "part", ["<div>", "<a href=x>", "<", "<a ", "&#", "<!--", "<table><tr>", "<p title='"]
)
def test_what_is_long_is_cut(part):
    assert len(plain_text(part * (2 * MOST_HTML // len(part)))) <= 2 * MOST_HTML
