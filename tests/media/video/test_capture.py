from __future__ import annotations

import time

import pytest
from tests.waiting import until_so

from videobar.media.video import capture as near_module
from videobar.media.video.capture import VideoCapture
from videobar.media.video.frame import filled
from videobar.media.video.sources.pattern import PatternSource
from videobar.media.video.sources.schemes import open_source
from videobar.media.video.sources.source import VideoSourceUnavailable


class Camera:
    def __init__(self, shade=50):
        self.shade = shade
        self.pictures = 0
        self.closed = False
        self.views = []
        self.silent = self.broken = False

    def point(self, *view):
        self.views.append(view)

    def frame(self, at_s):
        self.pictures += 1
        if self.broken:
            raise OSError("the cable is loose")
        return None if self.silent else filled(64, 36, y=self.shade)

    def close(self):
        self.closed = True


@pytest.fixture
def stage():
    class Stage:
        cameras = {"a:": Camera(50), "b:": Camera(90)}
        states = []
        seen = []

        def open(self, url):
            if url not in self.cameras:
                raise VideoSourceUnavailable(f"no {url}")
            return self.cameras[url]

        def look(self, picture, at_s):
            self.seen.append(int(picture.y[0, 0]))

    made = Stage()
    made.states, made.seen = [], []
    made.near = VideoCapture("a:", lambda *state: made.states.append(state), opener=made.open)
    yield made
    made.near.close()


def test_it_looks_only_while_somebody_does(stage, monkeypatch):
    monkeypatch.setattr(near_module, "LINGER_S", 0.05)
    assert not stage.near.running
    stage.near.subscribe(stage.look)
    stage.near.subscribe(stage.look)
    until_so(lambda: len(stage.seen) > 3, "pictures")
    assert stage.near.latest is not None
    stage.near.unsubscribe(stage.look)
    until_so(lambda: not stage.near.running, "the end")
    assert stage.cameras["a:"].closed
    stage.near.subscribe(stage.look)
    until_so(lambda: stage.near.running, "a second beginning")


def test_another_source_and_another_view(stage):
    stage.near.point(100, -200, 300)
    stage.near.subscribe(stage.look)
    until_so(lambda: 50 in stage.seen, "the first camera")
    stage.near.open("b:")
    until_so(lambda: 90 in stage.seen, "the second camera")
    assert stage.cameras["a:"].closed
    assert stage.cameras["a:"].views == [(100, -200, 300, 0)]
    assert stage.cameras["b:"].views[0] == (100, -200, 300, 0)
    stage.near.point(0, 0, 0)
    until_so(lambda: (0, 0, 0, 0) in stage.cameras["b:"].views, "the view")
    assert stage.states[:2] == [("a:", True, ""), ("b:", True, "")]


@pytest.mark.parametrize("trouble", ["silent", "broken"])
def test_a_source_that_ceases_is_told_and_tried_again(stage, monkeypatch, trouble):
    monkeypatch.setattr(near_module, "STALE_S", 0.1)
    monkeypatch.setattr(near_module, "REOPEN_S", 0.1)
    stage.near.subscribe(stage.look)
    until_so(lambda: stage.states, "the first picture")
    setattr(stage.cameras["a:"], trouble, True)
    until_so(lambda: len(stage.states) == 2, "the loss")
    assert stage.states[1][:2] == ("a:", False)
    setattr(stage.cameras["a:"], trouble, False)
    until_so(lambda: len(stage.states) == 3, "the return")
    assert stage.states[2] == ("a:", True, "")


def test_a_source_that_is_not_there_is_told_once(stage, monkeypatch):
    monkeypatch.setattr(near_module, "REOPEN_S", 0.02)
    stage.near.open("c:")
    stage.near.subscribe(stage.look)
    until_so(lambda: stage.states, "the refusal")
    time.sleep(0.2)
    assert stage.states == [("c:", False, "no c:")]
    stage.cameras["c:"] = Camera(70)
    until_so(lambda: 70 in stage.seen, "pictures")


def test_the_pattern_moves_and_has_its_colours():
    source = open_source("pattern:640x360")
    first, later = source.frame(10.0), source.frame(11.0)
    assert first.size == (640, 360)
    assert (first.y != later.y).any()
    assert (first.y[:200] == later.y[:200]).all()
    assert isinstance(source, PatternSource)


@pytest.mark.parametrize(
    "url", ["", "pattern", "nothing:", "pattern:640", "pattern:641x360", "pattern:9999x9999", "pattern:2x2"]
)
def test_what_is_no_source(url):
    with pytest.raises(VideoSourceUnavailable, match="near source"):
        open_source(url)
