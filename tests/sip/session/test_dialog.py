import pytest

from videobar.sip.errors import MalformedMessage
from videobar.sip.session.dialog import Dialog, is_focus
from videobar.sip.syntax.message import Request, Response, parse_message


def invite(*lines: str, cseq: int = 4) -> Request:
    head = [
        "INVITE sip:b@example.org SIP/2.0",
        "Via: SIP/2.0/UDP h;branch=z9hG4bK1",
        "From: <sip:a@example.org>;tag=caller",
        "To: <sip:b@example.org>",
        "Call-ID: c",
        f"CSeq: {cseq} INVITE",
    ]
    message = parse_message("\r\n".join([*head, *lines, "", ""]).encode())
    assert isinstance(message, Request)
    return message


ROUTES = ("Record-Route: <sip:p1.example;lr>, <sip:p2.example;lr>", "Record-Route: <sip:p3.example;lr>")


def test_the_caller_walks_the_route_backwards() -> None:
    response = Response.to_request(invite(), 200, tag="called")
    for proxy in ("p1", "p2"):
        response.headers.add("record-route", f"<sip:{proxy}.example;lr>")
    response.headers.add("contact", '"B" <sip:b@192.0.2.2:5070;transport=tcp?x=y>;isfocus')
    dialog = Dialog.for_uac(invite(), response)
    assert str(dialog.next_hop) == "sip:p2.example;lr"
    bye = dialog.new_request("BYE")
    assert bye.target == "sip:b@192.0.2.2:5070;transport=tcp"
    assert bye.headers.all("route") == ["<sip:p2.example;lr>", "<sip:p1.example;lr>"]
    assert (bye.from_.tag, bye.to.tag, bye.cseq) == ("caller", "called", 5)
    assert dialog.new_request("ACK", sequence=4).cseq == 4
    assert dialog.new_request("INFO").cseq == 6
    assert is_focus(response)


def test_the_called_one_walks_it_forwards_and_swaps_the_tags() -> None:
    dialog = Dialog.for_uas(invite("Contact: <sip:a@192.0.2.1>", *ROUTES), "called", 100)
    bye = dialog.new_request("BYE")
    assert [str(route.uri) for route in dialog.route_set] == [f"sip:p{n}.example;lr" for n in (1, 2, 3)]
    assert (bye.from_.tag, bye.to.tag, bye.cseq) == ("called", "caller", 101)
    assert bye.target == "sip:a@192.0.2.1"


def test_a_strict_router_gets_the_request_uri() -> None:
    lines = ("Contact: <sip:a@192.0.2.1>", "Record-Route: <sip:old.example>, <sip:p2.example;lr>")
    bye = Dialog.for_uas(invite(*lines), "t", 1).new_request("BYE")
    assert bye.target == "sip:old.example"
    assert bye.headers.all("route") == ["<sip:p2.example;lr>", "<sip:a@192.0.2.1>"]


def test_requests_must_come_in_order() -> None:
    dialog = Dialog.for_uas(invite("Contact: <sip:a@192.0.2.1>"), "t", 1)
    assert [dialog.admit(invite(cseq=number)) for number in (4, 3, 9, 9, 5, 10)] == [
        False,
        False,
        True,
        False,
        False,
        True,
    ]


def test_the_target_is_refreshed_but_never_lost() -> None:
    dialog = Dialog.for_uas(invite("Contact: <sip:a@192.0.2.1>"), "t", 1)
    dialog.refresh_target(invite("Contact: <sip:a@192.0.2.99>"))
    dialog.refresh_target(invite())
    dialog.refresh_target(invite("Contact: *"))
    dialog.refresh_target(invite("Contact: <tel:+49>"))
    assert dialog.remote_target.host == "192.0.2.99"


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("Contact: *",),
        ("Contact: <tel:+49>",),
        ("Contact: <sip:a@h>", "Record-Route: broken"),
        ("Contact: <sip:a@h>", "Record-Route: " + ", ".join(["<sip:p;lr>"] * 21)),
    ],
)
def test_no_dialog_without_a_way_back(lines: tuple[str, ...]) -> None:
    with pytest.raises(MalformedMessage):
        Dialog.for_uas(invite(*lines), "t", 1)
