"""What in an invitation can be called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videobar.room.calendar.addresses import MOST_CHOICES, PatternError, Patterns, bare
from videobar.room.calendar.meeting import Way

ZOOM = """Join Zoom Meeting
https://us02web.zoom.us/j/85912345678?pwd=abc
Join by SIP
85912345678@zoomcrc.com
Join by H.323
162.255.37.11 (US West)
Meeting ID: 859 1234 5678
Passcode: 123456
"""
TEAMS = """________________
Microsoft Teams meeting
Join: https://teams.microsoft.com/l/meetup-join/19%3ameeting_abc%40thread.v2/0?context=%7b%22Tid%22%7d
Meeting ID: 211 234 567 89
Passcode: aBcD12
Join with a video conferencing device
acme@t.plcm.vc
Video Conference ID: 112 345 678 9
Alternate VTC instructions
"""
WEBEX = """Join from a video system or application
Dial 1234567890@acme.webex.com
You can also dial 173.243.2.68 and enter your meeting number.
Meeting number (access code): 2345 678 9012
"""


def found(*texts, own="", gateways=()):
    return [(c.way, c.address) for c in Patterns.load(own, gateways).choices(texts)]


def test_zoom_with_the_passcode_in_the_address():
    assert found(ZOOM) == [
        (Way.SIP, "85912345678.123456@zoomcrc.com"),
        (Way.H323, "162.255.37.11##85912345678##123456"),
    ]


def test_zoom_whose_address_has_a_passcode_of_its_own():
    assert found("85912345678.99@zoomcrc.com Passcode: 123456") == [(Way.SIP, "85912345678.99@zoomcrc.com")]


def test_teams_through_an_interop_service_with_its_conference_id():
    assert found(TEAMS) == [(Way.SIP, "acme.1123456789@t.plcm.vc")]


@pytest.mark.parametrize(
    "text",
    [
        "Join on a video conferencing device\nTenant key: acme@m.webex.com\nVideo ID: 114 123 456 7\nMore info",
        "Mandantenschlüssel: acme@m.webex.com\nVideo-ID: 114 123 456 7\nWeitere Informationen",
        "Clé de locataire\u00a0: acme@m.webex.com\nID de la vidéo\u00a0: 114 123 456 7",
        "テナント キー: acme@m.webex.com\r\n\r\nビデオ ID: 114 123 456 7",
    ],
)
def test_teams_in_the_words_of_today_and_of_other_languages(text):
    assert found(f"Meeting ID: 212 345 678 901\n{text}") == [(Way.SIP, "acme.1141234567@m.webex.com")]


@pytest.mark.parametrize(
    ("meeting", "passcode"),
    [
        ("Meeting-ID: 869 1234 5678", "Kenncode: 123456"),
        ("ID de réunion\u00a0: 869 1234 5678", "Code secret\u00a0: 123456"),
        ("ID de reunión: 869 1234 5678", "Código de acceso: 123456"),
        ("ID da reunião: 869 1234 5678", "Senha de acesso: 123456"),
        ("ミーティング ID: 869 1234 5678", "パスコード: 123456"),
        ("会议号：869 1234 5678", "密码：123456"),
    ],
)
def test_zoom_in_other_languages(meeting, passcode):
    text = f"{meeting}\n{passcode}\nSIP\n• 86912345678@zoomcrc.com\nH.323\n• 213.19.144.110 (NL)"
    assert found(text) == [
        (Way.SIP, "86912345678.123456@zoomcrc.com"),
        (Way.H323, "213.19.144.110##86912345678##123456"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Join from a video conferencing endpoint: meet.jane@vc.example",
        "From a VC endpoint or Skype/Lync client: meet.jane@vc.example",
        "From a video conference room: meet.jane@vc.example",
    ],
)
def test_a_bridge_of_ones_own_behind_its_label(text):
    assert found(text) == [(Way.SIP, "meet.jane@vc.example")]


def test_bluejeans_with_the_passcode():
    text = "or dial 4155551234@bjn.vc\nParticipant Passcode: 4321"
    assert found(text) == [(Way.SIP, "4155551234.4321@bjn.vc")]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+1 323-555-0166,,123456789# United States", "+13235550166,,123456789#"),
        ("+16465588656,,86912345678#,,,,*123456# US", "+16465588656,,86912345678#,,,,*123456#"),
        ("tel:+49-30-12.34,,99#", "+49301234,,99#"),
    ],
)
def test_a_telephone_number_with_its_conference(text, number):
    assert found(text) == [(Way.VOICE, number)]


@pytest.mark.parametrize("text", ["Call me: +1 555 010 9999", "Fax +1 555 010 9999, 12 pages", "1,,2,,3"])
def test_a_telephone_number_alone_is_no_conference(text):
    assert found(text) == []


def test_teams_without_a_conference_id_falls_back_to_the_service_as_labelled():
    assert found("Join with a video conferencing device\nacme@t.plcm.vc") == [(Way.SIP, "acme@t.plcm.vc")]


def test_a_gateway_rule_comes_after_addresses_that_need_none():
    assert found(TEAMS, gateways=[("teams", "{meeting_id}[.{passcode}]@gw.example.org")]) == [
        (Way.SIP, "acme.1123456789@t.plcm.vc"),
        (Way.SIP, "21123456789@gw.example.org"),
    ]


def test_a_web_page_alone_cannot_be_called():
    assert found("https://meet.google.com/abc-defg-hij https://us02web.zoom.us/j/85912345678") == []


def test_a_gateway_rule_makes_it_callable():
    text = "https://meet.google.com/abc-defg-hij https://us02web.zoom.us/j/85912345678"
    rules = [("zoom", "{id}@gw.example.org"), ("meet", "sip:{id}@gw.example.org")]
    assert found(text, gateways=rules) == [
        (Way.SIP, "85912345678@gw.example.org"),
        (Way.SIP, "abc-defg-hij@gw.example.org"),
    ]


def test_webex():
    assert found(WEBEX) == [
        (Way.SIP, "1234567890@acme.webex.com"),
        (Way.H323, "173.243.2.68##23456789012"),
    ]


def test_schemes_and_numbers():
    text = (
        "sip:5551@bridge.example.com;transport=tls, h323:10.0.0.5##7788, sips:a@b.example or tel:+49301234."
    )
    assert found(text) == [
        (Way.SIP, "sips:a@b.example"),
        (Way.SIP, "5551@bridge.example.com;transport=tls"),
        (Way.H323, "10.0.0.5##7788"),
        (Way.VOICE, "+49301234"),
    ]


def test_what_differs_by_parameters_only_is_one_address():
    assert found("sip:a@b.example SIP:A@b.example;transport=tcp") == [(Way.SIP, "a@b.example")]


def test_sources_keep_their_order():
    assert found("sip:structured@x.example", "sip:location@x.example", "sip:body@x.example") == [
        (Way.SIP, "structured@x.example"),
        (Way.SIP, "location@x.example"),
        (Way.SIP, "body@x.example"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Lunch. email bob@example.com",
        "mailto:bob@example.com",
        "SIP is great. Ask bob@example.com",
        "Video questions: bob@example.com",
        "bob@zoomcrc.com.evil.example",
        "85912345678@zoomcrc.community",
        "gossip:bob@example.com",
        "Organizer: Bob <bob@example.com>; required: ann@example.com",
        "xsip:bob@example.com",
        "sip: see below",
    ],
)
def test_a_mail_address_is_nothing_to_call(text):
    assert found(text) == []


@given(
    local=st.from_regex(r"[a-z][a-z0-9.]{0,15}", fullmatch=True),
    host=st.from_regex(r"[a-z]{1,12}\.(example|org|com)", fullmatch=True),
    before=st.sampled_from(["", "Contact ", "mail: ", "(", "<", "E-mail:\n", "Fragen an "]),
)
def test_no_mail_address_is_ever_something_to_call(local, host, before):
    assert found(f"{before}{local}@{host}") == []


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_is_read_without_an_error_and_within_bounds(location, body):
    choices = Patterns.load().choices([location, body])
    assert len(choices) <= MOST_CHOICES
    assert len({(choice.way, bare(choice.address)) for choice in choices}) == len(choices)


def test_the_number_of_addresses_is_bounded():
    assert len(found(" ".join(f"sip:a{n}@b.example" for n in range(1000)))) == MOST_CHOICES


OWN = """
[[fact]]
name = "pin"
find = 'Kennwort: (?P<value>\\d+)'

[[address]]
name = "ours"
way = "SIP"
find = 'Raum (?P<id>\\d+)'
address = "{id}[.{pin}]@bridge.example.org"
"""


def test_rules_of_an_administrator_come_first():
    assert found("sip:other@x.example Raum 17, Kennwort: 99", own=OWN) == [
        (Way.SIP, "17.99@bridge.example.org"),
        (Way.SIP, "other@x.example"),
    ]
    assert found("Raum 17", own=OWN) == [(Way.SIP, "17@bridge.example.org")]


@pytest.mark.parametrize(
    ("own", "complaint"),
    [
        ("x = [", "Invalid|Unclosed|array"),
        ("[[rule]]\n", "no kind of rule 'rule'"),
        ('[[address]]\nname = "x"\n', "address rule 1: way must be a text"),
        ("address = 3", r"must be a list: write \[\[address\]\]"),
        (
            '[[address]]\nname="x"\nway="FAX"\nfind="a"\naddress="b"',
            "'x': way must be one of SIP, H323, VOICE",
        ),
        ('[[address]]\nname="x"\nway="SIP"\nfind="("\naddress="b"', "rule 'x': "),
        ('[[fact]]\nname="x"\nfind="a"', "needs a group named value"),
    ],
)
def test_a_pattern_file_that_cannot_be_understood_says_which_rule(own, complaint):
    with pytest.raises(PatternError, match=complaint):
        Patterns.load(own)


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        (("skype", "{id}@x"), "no link rule 'skype'; there are teams"),
        (("zoom", "{id}"), "must give an address"),
    ],
)
def test_a_gateway_rule_that_cannot_be_understood_says_why(rule, complaint):
    with pytest.raises(PatternError, match=complaint):
        Patterns.load(gateways=[rule])
