"""Paths to actions."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videobar.contract.index import OPERATIONS
from videobar.contract.operation import Operation
from videobar.errors import InvalidRequest, MethodNotAllowed, NoSuchResource, VideobarError
from videobar.server.routes import Entry, Routes, entries_of

CONTRACT = Routes(entries_of(OPERATIONS))


def found(method: str, path: str) -> tuple[str, tuple[str, ...]]:
    result = CONTRACT.find(method, path)
    return result.target.id, result.parameters


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_every_action_is_found_at_its_path_and_alias(operation: Operation) -> None:
    method = operation.method
    values = {parameter.wire_name: f"value{n}" for n, parameter in enumerate(operation.path_parameters)}
    url = operation.url.format(**values)
    expected = (operation.id, tuple(values.values()))
    assert found(method, url) == expected
    assert found(method, url + "/") == expected
    if not operation.own:
        assert found(method, url.replace("/rest/", "/rest/current/", 1)) == expected


@pytest.mark.parametrize(
    ("path", "action", "parameters"),
    [
        ("/rest/cameras/near/selectedpeople", "cameras_near_selectedpeople_get", ()),
        ("/rest/cameras/near/1", "cameras_near_source_get", ("1",)),
        ("/rest/cameras/near/%73electedpeople", "cameras_near_selectedpeople_get", ()),
        ("/rest/cameras/near/a%2Fb", "cameras_near_source_get", ("a/b",)),
        ("/rest/cameras/near/%C3%A4%20%3F", "cameras_near_source_get", ("ä ?",)),
        ("/rest/cameras/near/100%", "cameras_near_source_get", ("100%",)),
    ],
)
def test_literals_go_before_parameters(path: str, action: str, parameters: tuple[str, ...]) -> None:
    assert found("GET", path) == (action, parameters)


def test_a_literal_that_leads_nowhere_gives_way_to_a_parameter() -> None:
    routes = Routes(
        [Entry(("GET",), "/d/local/groups", "groups"), Entry(("GET",), "/d/{server}/entries", "entries")]
    )
    assert routes.find("GET", "/d/local/groups").target == "groups"
    result = routes.find("GET", "/d/local/entries")
    assert (result.target, result.parameters) == ("entries", ("local",))


def test_head_finds_what_get_does() -> None:
    assert found("HEAD", "/rest/audio/volume")[0] == "audio_volume_get"


def test_synonyms() -> None:
    assert (
        found("PUT", "/rest/audio/volume")[0] == found("POST", "/rest/audio/volume")[0] == "audio_volume_set"
    )


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/rest",
        "/rest/",
        "/rest/nothing",
        "/rest/audio/volume//",
        "/rest//audio/volume",
        "/rest/cameras/near//",
        "/rest/audio/../audio/volume",
        "/rest/AUDIO/volume",
        "/rest/current",
        "/rest/current/current/audio/volume",
        "/x/audio/volume",
        "/rest" + "/a" * 10_000,
    ],
)
def test_unknown_paths(path: str) -> None:
    with pytest.raises(NoSuchResource):
        CONTRACT.find("GET", path)


def test_a_wrong_method_says_which_are_right() -> None:
    with pytest.raises(MethodNotAllowed) as caught:
        CONTRACT.find("DELETE", "/rest/audio/volume")
    assert isinstance(caught.value, MethodNotAllowed)
    assert caught.value.allowed == ("GET", "HEAD", "POST", "PUT")
    assert caught.value.code == "MethodNotAllowed"


def test_a_path_that_is_not_utf8() -> None:
    with pytest.raises(InvalidRequest, match="path: "):
        CONTRACT.find("GET", "/rest/cameras/near/%FF")


def test_two_actions_at_one_place_are_refused() -> None:
    with pytest.raises(ValueError, match=r"two actions at GET /a/\{c\}"):
        Routes([Entry(("GET",), "/a/{b}", 1), Entry(("GET",), "/a/{c}", 2)])


@given(st.text(st.characters(codec="ascii"), max_size=60), st.sampled_from(["GET", "POST", "PATCH", ""]))
def test_whatever_is_asked_is_found_or_refused(path: str, method: str) -> None:
    for prefix in ("", "/rest/", "/rest/cameras/near/", "/rest/conferences/"):
        with contextlib.suppress(VideobarError):
            CONTRACT.find(method, prefix + path)
