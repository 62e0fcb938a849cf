"""What of an entry is dialled."""

import pytest

from videobar.errors import NothingToDial
from videobar.room.directory.dialling import dial
from videobar.room.directory.entry import LOCAL, Entry, EntryDevice, EntryFields
from videobar.vocabulary import DialType


def entry(**more):
    return Entry("1", LOCAL, EntryFields(display_name="Ada", **more))


def test_a_telephone_is_dialled_where_no_device_can_be(make_calls, engine):
    calls = make_calls(home_domain="home.example")
    dial(calls, entry(mobile_phone="+1 (555) 7", home_phone="8"), None)
    dial(calls, entry(work_phone="9", devices=(EntryDevice("1", "a", DialType.H323),)), None)
    dial(calls, entry(work_phone="9", devices=(EntryDevice("1", "a@b.example"),)), None)
    assert [what[2] for what in engine.told] == [
        "sip:+15557@home.example",
        "sip:9@home.example",
        "sip:a@b.example",
    ]


def test_without_a_way_to_telephones_it_says_so(make_calls):
    with pytest.raises(NothingToDial, match=r"device telephone: address: '555' names no host"):
        dial(make_calls(), entry(work_phone="555"), None)
