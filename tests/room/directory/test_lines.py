import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videobar.room.directory.formats.lines import lines_of, lines_of_pieces

LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


@given(st.text("ab\r\n", max_size=40))
def test_lines_end_where_programs_end_them(text):
    expected = LINE.findall(text)
    assert list(lines_of(text, "\n", "\r")) == expected
    assert list(lines_of(text.encode(), b"\n", b"\r")) == [line.encode() for line in expected]


@pytest.mark.parametrize("end", ["\n", "\r"])
def test_many_lines_with_one_kind_of_end_are_looked_for_once(end):
    assert sum(1 for _ in lines_of(("a" * 10 + end) * 200_000, "\n", "\r")) == 200_000


@given(st.text("ab\r\n", max_size=40), st.integers(1, 7))
def test_lines_of_a_text_that_comes_in_pieces(text, size):
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert list(lines_of_pieces(pieces, 100)) == LINE.findall(text)


def test_a_line_that_is_too_long_ends_it():
    assert list(lines_of_pieces(["a\nbb", "bb", "b\nc\n"], 3)) == ["a\n", "bbbb"]
