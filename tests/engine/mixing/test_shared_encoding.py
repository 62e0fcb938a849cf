"""Who shares an encoding when paths carry different rates."""

from __future__ import annotations

import pytest

from videobar.engine.mixing.shared_encoding import NARROW, NARROW_NO_MORE, narrow_ones


class Party:
    """A far end of which only the path counts here."""

    encoding = None
    parameters = None
    latest = None

    def __init__(self, allowed_kbps):
        self.allowed_kbps = allowed_kbps

    def send(self, payloads, at_s):
        raise AssertionError("nothing is sent")


def narrow(already=(), /, **rates):
    return set(narrow_ones({name: Party(kbps) for name, kbps in rates.items()}, 1000, already))


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ({}, set()),
        ({"a": 64}, set()),
        ({"a": 64, "b": 70}, set()),
        ({"a": 1000, "b": 600}, set()),
        ({"a": 1000, "b": 499}, {"b"}),
        ({"a": float("inf"), "b": 499, "c": 501}, {"b"}),
        ({"a": 300, "b": 100, "c": 250}, {"b"}),
    ],
)
def test_those_on_much_narrower_paths_are_apart(rates, expected):
    """More than was agreed on is no more than that; and who is alone, or all of whom are alike, shares one."""
    assert narrow(**rates) == expected


def test_who_is_apart_comes_back_when_it_is_clearly_wider():
    assert NARROW < 0.7 < NARROW_NO_MORE
    assert narrow({"b"}, a=1000, b=700) == {"b"}
    assert narrow({"b"}, a=1000, b=820) == set()
