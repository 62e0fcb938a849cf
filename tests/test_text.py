from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videobar.text import one_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ada Lovelace", "Ada Lovelace"),
        ("  Zoë  Ünïcode 会議室 🎥 ", "Zoë Ünïcode 会議室 🎥"),
        ("a\r\nb\tc\x00d\x1b[0m", "a b c d [0m"),
        ("evil\u202etxt.exe\u2066\u200f\ufeff", "eviltxt.exe"),
        ("half \udc80 pair", "half � pair"),
        ("\u2028line\u2029s", "line s"),
        ("", ""),
    ],
)
def test_what_is_shown(text, shown):
    assert one_line(text) == shown


@given(st.text(st.characters()), st.integers(1, 200))
def test_whatever_comes_can_be_written_anywhere(text, longest):
    shown = one_line(text, longest)
    assert len(shown) <= longest
    assert len(shown.splitlines()) <= 1
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in shown)
    json.dumps(shown).encode()
    shown.encode()
    assert one_line(shown, longest) == shown
