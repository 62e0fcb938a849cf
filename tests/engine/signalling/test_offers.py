from __future__ import annotations

from videobar.engine.signalling.offers import Offers


def test_one_offer_at_a_time_and_of_the_last_wish_only():
    sent = []
    offers = Offers(lambda: sent.append(len(sent)))
    assert offers.idle
    offers.want()
    offers.want()
    offers.want()
    assert (sent, offers.idle) == ([0], False)
    offers.done()
    assert (sent, offers.idle) == ([0, 1], False)
    offers.done()
    assert (sent, offers.idle) == ([0, 1], True)


def test_an_offer_that_was_asked_for_holds_up_ours():
    sent = []
    offers = Offers(lambda: sent.append(1))
    offers.expect()
    offers.want()
    assert sent == []
    offers.done()
    assert sent == [1]


def test_what_waits_to_be_repeated_is_made_anew_after_the_far_ends():
    sent = []
    offers = Offers(lambda: sent.append(1))
    offers.crossed()
    assert sent == []
    offers.want()
    offers.want()
    offers.crossed()
    assert sent == [1, 1]
    offers.done()
    assert (sent, offers.idle) == ([1, 1], True)
