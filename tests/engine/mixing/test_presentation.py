"""Who shows content, found out from pictures alone."""

from __future__ import annotations

from videobar.engine.mixing.presentation import ContentHub
from videobar.media.video.frame import filled
from videobar.room.content import FarContent


class Party:
    """A far end that only shows."""

    encoding = None
    parameters = None
    sending = False
    allowed_kbps = float("inf")

    def __init__(self):
        self.latest = None

    def begin(self):
        self.begun = True

    def end(self):
        self.begun = False

    def open_line(self):
        pass

    def figures(self, *, sent):
        return None


def test_content_is_seen_again_after_a_hold_so_short_that_its_last_picture_is_still_fresh():
    told = []
    hub = ContentHub(told.append, lambda call: call())
    party = Party()
    hub.join("leg", party)
    party.latest = filled(320, 180, y=100)
    hub.watch()
    hub.watch()
    picture, party.latest = party.latest, None
    hub.watch()
    party.latest = picture
    hub.watch()
    assert told == [FarContent("leg", True), FarContent("leg", False), FarContent("leg", True)]
    assert hub.picture() is picture


def test_who_has_given_the_floor_back_shows_no_more_though_its_last_picture_is_still_there():
    told = []
    hub = ContentHub(told.append, lambda call: call())
    party = Party()
    hub.join("leg", party)
    party.latest = filled(320, 180, y=100)
    hub.watch()
    hub.far_ends("leg")
    hub.watch()
    assert hub.presenter is None
    party.latest = None
    hub.watch()
    party.latest = filled(320, 180, y=100)
    hub.watch()
    assert hub.presenter == "leg"
