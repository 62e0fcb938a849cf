"""What in an invitation can be called."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videobar.room.calendar.addresses import MOST_CHOICES, MOST_TEXT, PatternError, Patterns, bare
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


@pytest.mark.parametrize(
    "text",
    [
        "conf:sip:jo.doe@acme.example;gruu;opaque=app:conf:focus:id:teams:2:0!19:meeting_x",
        r"conf:sip:jo.doe@acme.example\;gruu\;opaque=app:conf:focus:id:teams:2:0!19:meeting_x",
        "conf%3Asip%3Ajo.doe%40acme.example%3Bgruu%3Bopaque=app:conf:focus:id:ABC",
        "SIP: jo.doe@acme.example;gruu;opaque=app:conf:focus:id:ABC",
        "Video call: conf:sip:jo.doe@acme.example",
        "sip:jo.doe@acme.example;opaque=app:voicemail",
        "sip:jo.doe@acme.example;opaque=user:epid:xyz;gruu",
        "im:sip:jo.doe@acme.example",
        "SIP: mailto:jo.doe@acme.example",
        "Join using Microsoft Lync\nDial 23456789012.acme@lync.webex.com",
        "https://acme.example/sip:jo.doe@acme.example",
    ],
)
def test_neither_a_focus_nor_somebodys_client_is_a_meeting(text):
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Join from a video system\nDial jo.doe@acme.webex.com", "jo.doe@acme.webex.com"),
        ("Join from a video system / Dial jo.doe@acme.webex.com", "jo.doe@acme.webex.com"),
        ("Über Videosystem beitreten\nWählen Sie jo.doe@acme.webex.com", "jo.doe@acme.webex.com"),
        ("Composez jo.doe@acme.webex.com", "jo.doe@acme.webex.com"),
        ("ビデオ システムから参加\njo.doe@acme.webex.com にダイヤル", "jo.doe@acme.webex.com"),
        ("Video-Adresse: 23456789012@acme.webex.com", "23456789012@acme.webex.com"),
        ("Join from a video system or application\nDial 26345678901@webex.com", "26345678901@webex.com"),
        ("Video call: 88001234@video.acme.example", "88001234@video.acme.example"),
        ("Room 4, Video call: 88001234@video.acme.example", "88001234@video.acme.example"),
        ("Video: 688432@rp1.example", "688432@rp1.example"),
        ("Video 76110735@192.0.2.32", "76110735@192.0.2.32"),
        ("Video: meet.jo@acme.example", "meet.jo@acme.example"),
        ("Agenda.\n* Videokonferenz: <meet.jo@acme.example>", "meet.jo@acme.example"),
        ("Adresse vidéo : salle4@visio.acme.example", "salle4@visio.acme.example"),
        ("Join by SIP\n• sip:8800@vc.example:5061", "8800@vc.example:5061"),
        ("Rejoindre par SIP\n• salle4@visio.acme.example", "salle4@visio.acme.example"),
        ("Über SIP beitreten: 8800@vc.example", "8800@vc.example"),
        ("Join using video conferencing system:\n123456@lifesizecloud.com", "123456@lifesizecloud.com"),
        ("SIP/H.323: 8800@vc.example", "8800@vc.example"),
        ("SIP-Einwahl: salle4@vc.example", "salle4@vc.example"),
        ("Video endpoint: meet.jo@vc.example", "meet.jo@vc.example"),
        ("SIP video system: 1234567890@meet.chime.in", "1234567890@meet.chime.in"),
        ("Dial 40334123@call.sl", "40334123@call.sl"),
        ("SIP: 123456789@8x8.vc", "123456789@8x8.vc"),
        ("Dial bjn.vc and enter 415 555 1234\nPasscode: 4321", "4155551234.4321@bjn.vc"),
        ("Dial 192.0.2.1 or bjn.vc and enter your ID\nMeeting ID: 415 555 1234", "4155551234@bjn.vc"),
        (
            "Join with a video conferencing device\nacme@pexip.me\nVideo Conference ID: 112 345 678 9",
            "acme.1123456789@pexip.me",
        ),
        ("85912345678.12345678901@zoomcrc.com", "85912345678.12345678901@zoomcrc.com"),
        ("85912345678.123456.03.4321@zoomcrc.com", "85912345678.123456.03.4321@zoomcrc.com"),
        ("sip:5551@[2001:db8::1]", "5551@[2001:db8::1]"),
    ],
)
def test_what_services_and_administrators_write(text, address):
    assert found(text) == [(Way.SIP, address)]


def test_goto_by_both_protocols():
    text = "Or dial directly: 123456789@67.217.95.2 or 67.217.95.2##123456789"
    assert found(text) == [
        (Way.SIP, "123456789@67.217.95.2"),
        (Way.H323, "67.217.95.2##123456789"),
    ]


def test_zoom_in_german_with_its_verbs():
    text = (
        "Über SIP beitreten\n86912345678@zoomcrc.com\nÜber H.323 beitreten\n162.255.37.11 (USA West)\n"
        "Meeting-ID: 869 1234 5678\nKenncode: 123456"
    )
    assert found(text) == [
        (Way.SIP, "86912345678.123456@zoomcrc.com"),
        (Way.H323, "162.255.37.11##86912345678##123456"),
    ]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+1-650-479-3208,,*01*23456789012#22212333#*01*", "+16504793208,,*01*23456789012#22212333#*01*"),
        ("tel:+1-650-479-3208,,,123456789%23", "+16504793208,,,123456789#"),
        ("<tel:%2B1-650-479-3208%2C%2C123%23>", "+16504793208,,123#"),
        ("(US) +1 317-555-0106 PIN: 123456789#", "+13175550106,,123456789#"),
        ("(DE) +49 30 1234567\nPIN: 123 456 789#", "+49301234567,,123456789#"),
        ("+1 323-555-0166,,123 456 789# United States", "+13235550166,,123456789#"),
        ("+49 (0)69 1234567,,99887#", "+49691234567,,99887#"),
        ("tel:+16505550100p123456#", "+16505550100,123456#"),
        ("tel:+49301234;ext=99", "+49301234,99"),
        ("tel:+1 650 479 3208,,123#", "+16504793208,,123#"),
    ],
)
def test_a_dial_string_is_dialled_whole(text, number):
    assert found(text) == [(Way.VOICE, number)]


@pytest.mark.parametrize(
    "text",
    [
        "+1-650-479-3208,," + "1" * 70,
        "tel:+1650555 0100 and more",
        "tel:+49301234%zz23",
        "sip:user:secret@host.example",
        "sip:jo'x.doe@host.example",
        "sip:a@b@c.example",
        "sip:12345:pw@h.example",
        "1234567890@acme.webex.com@evil.example",
        "67.217.95.2##123456789##12x",
    ],
)
def test_nothing_is_dialled_in_part(text):
    assert found(text) == []


def test_a_text_that_is_cut_is_not_cut_within_an_address():
    text = "x " * (MOST_TEXT // 2 - 8) + "+16505550100,,123456789#"
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Tel:+49-30-1234567",
        "Tel: +49 30 1234567, Mobil: +49 170 1234567",
        "Phone +49 30 1234567<tel:+49301234567>",
        "PIN: 1234# is the door's, +49 30 1234567",
        "Jo Doe | jo@acme.webex.com | https://acme.example",
        "Kontakt: 12345678@163.com",
        "Fragen zur Videokonferenz: jo@acme.example",
        "Call jo@acme.example for questions",
        "Sip some tea: jo@acme.example\nVideos from jo@acme.example",
    ],
)
def test_signatures_are_nothing_to_call(text):
    assert found(text) == []


def test_a_telephone_comes_after_all_that_has_a_picture():
    rules = [("zoom", "{id}@gw.example.org")]
    text = "https://us02web.zoom.us/j/85912345678 sip:room@x.example"
    assert found("tel:+46812345,,68138#", text, gateways=rules) == [
        (Way.SIP, "room@x.example"),
        (Way.SIP, "85912345678@gw.example.org"),
        (Way.VOICE, "+46812345,,68138#"),
    ]


def test_the_number_of_addresses_is_bounded():
    assert len(found(" ".join(f"sip:a{n}@b.example" for n in range(1000)))) == MOST_CHOICES


def test_an_administrator_can_have_texts_ignored():
    own = '[[ignored]]\nname="test"\nfind="sip:test@.*"'
    assert found("sip:test@x.example sip:b@x.example\nsip:c@x.example", own=own) == [(Way.SIP, "c@x.example")]


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


QUOTED_ZOOM = "Join by SIP\n89612345678@zoomcrc.com\nPasscode: 777777\n"


@pytest.mark.parametrize(
    "heading",
    [
        "-----Original Appointment-----",
        "-----Ursprünglicher Termin-----",
        "---------- Forwarded message ---------",
        "-----Message d'origine-----",
        "From: Jo Doe <jo@acme.example>\nSent: Monday\nTo: Room",
        "Von: Jo Doe <jo@acme.example>\nGesendet: Montag, 30. November",
        "De : Jo Doe\nEnvoyé : lundi",
        "差出人: Jo Doe\n送信日時: 2026年11月30日",
        "On Mon, 30 Nov 2026 at 10:00, Jo Doe <jo@acme.example> wrote:",
        "Am Mo., 30. Nov. 2026 um 10:00 Uhr schrieb Jo Doe <jo@acme.example>:",
        "Le lun. 30 nov. 2026 à 10:00, Jo Doe a écrit :",
    ],
)
def test_an_earlier_message_comes_after_the_newest(heading):
    earlier = f"\n{heading}\n\n{QUOTED_ZOOM}"
    assert found("Join by SIP\n99911122233@zoomcrc.com" + earlier) == [
        (Way.SIP, "99911122233@zoomcrc.com"),
        (Way.SIP, "89612345678.777777@zoomcrc.com"),
    ]
    assert found(TEAMS + earlier)[0] == (Way.SIP, "acme.1123456789@t.plcm.vc")
    assert found("+49 69 1234567,,998877#" + earlier)[0] == (Way.VOICE, "+49691234567,,998877#")
    forwarded = [(Way.SIP, "89612345678.777777@zoomcrc.com")]
    assert found("89612345678@zoomcrc.com", "For your information" + earlier) == forwarded
    assert found("For your information" + earlier) == forwarded


def test_a_meeting_that_was_moved_is_not_joined_where_it_was():
    earlier = f"\n-----Original Appointment-----\n{QUOTED_ZOOM}"
    assert found("We meet at https://teams.microsoft.com/meet/123456789012?p=x" + earlier) == []
    page = "https://acme.zoom.us/j/89612345678"
    assert found(f"{page}?pwd=a", f"{earlier}{page}") == [(Way.SIP, "89612345678.777777@zoomcrc.com")]


def test_quotation_marks():
    quoted = "".join(f"> {line}\n" for line in QUOTED_ZOOM.splitlines())
    assert found(quoted) == [(Way.SIP, "89612345678.777777@zoomcrc.com")]
    assert found("99911122233@zoomcrc.com\n" + quoted)[0] == (Way.SIP, "99911122233@zoomcrc.com")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("1) Dial: 199.48.152.152 or bjn.vc\n2) Enter Meeting ID: 123456789", "123456789@bjn.vc"),
        ("Dial bjn.vc\n• Enter Meeting ID: 123 456 789 and Passcode: 4567", "123456789.4567@bjn.vc"),
        ("(FR) +33 1 87 40 41 42 Code : 123 456 789#", "+33187404142,,123456789#"),
        ("(FR) +33 1 87 40 41 42 Code PIN : 123 456 789#", "+33187404142,,123456789#"),
        ("(ES) +34 910 48 94 00 Código: 123 456 789#", "+34910489400,,123456789#"),
    ],
)
def test_what_services_write_between_number_and_code(text, address):
    assert [choice for _, choice in found(text)] == [address]


def test_what_a_rule_needs_saves_time_and_nothing_else():
    patterns = Patterns.load()
    kinds = ("facts", "addresses", "ignored")
    slow = replace(
        patterns,
        **{kind: tuple(replace(rule, needs=()) for rule in getattr(patterns, kind)) for kind in kinds},
    )
    texts = [value for value in globals().values() if isinstance(value, str)]
    texts += [argument for value in _parametrized() for argument in value]
    assert len(texts) > 100
    for text in texts:
        assert patterns.choices([text]) == slow.choices([text]), text


def _parametrized():
    """All texts that tests of this module are given."""
    for test in list(globals().values()):
        for mark in getattr(test, "pytestmark", []):
            for row in mark.args[1]:
                yield [each for each in (row if isinstance(row, tuple) else (row,)) if isinstance(each, str)]
