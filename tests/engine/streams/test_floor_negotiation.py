from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videobar.bfcp.floor import FloorTerms, Ids
from videobar.engine.streams.floor_negotiation import FloorNegotiation
from videobar.sip.sdp.description import SessionDescription
from videobar.sip.sdp.offer_answer import RemoteMediaLine


def far(attributes: str, *, protocol: str = "UDP/BFCP", port: int = 3000) -> RemoteMediaLine:
    lines = "".join(f"a={each}\r\n" for each in attributes.split("|") if each)
    description = SessionDescription.parse(
        f"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
        f"m=application {port} {protocol} *\r\n{lines}".encode()
    )
    return RemoteMediaLine(description, description.media[0])


SERVER = "confid:77|userid:5|floorid:2 mstrm:11"


@pytest.mark.parametrize(
    ("offered", "role"),
    [
        ("floorctrl:c-only", "s-only"),
        (f"floorctrl:s-only|{SERVER}", "c-only"),
        (f"floorctrl:c-s|{SERVER}", "s-only"),
        ("", "s-only"),
        (f"floorctrl:c-only s-only|{SERVER}", "s-only"),
    ],
)
def test_whoever_answers_is_the_server_where_it_can(offered, role):
    answered = FloorNegotiation(4000, 4001).answer(far(offered))
    assert answered.media.attribute("floorctrl") == role
    assert (answered.agreed.remote_address, answered.agreed.remote_port) == ("192.0.2.1", 3000)
    terms = answered.agreed.terms
    if role == "c-only":
        assert terms == FloorTerms(Ids(77, 5, 2), None)
        assert answered.media.attribute("confid") is None
    else:
        assert terms.client is None
        assert str(terms.server.conference) == answered.media.attribute("confid")
        assert str(terms.server.user) == answered.media.attribute("userid")


@pytest.mark.parametrize(
    ("answer", "client", "server"),
    [
        (f"floorctrl:s-only|{SERVER}", True, False),
        ("floorctrl:c-only", False, True),
        (f"floorctrl:c-s|{SERVER}", True, True),
        (SERVER, True, False),
    ],
)
def test_what_an_answer_makes_of_us(answer, client, server):
    line = FloorNegotiation(4000, 4001)
    ours = line.offer()
    assert (ours.port, ours.protocol, ours.attribute("floorctrl")) == (4000, "UDP/BFCP", "c-s")
    agreed = line.take_answer(ours, far(answer))
    assert (agreed.terms.client is not None, agreed.terms.server is not None) == (client, server)
    if client:
        assert agreed.terms.client == Ids(77, 5, 2)


def test_a_role_is_kept():
    line = FloorNegotiation(4000, 4001)
    agreed = line.answer(far("floorctrl:c-only")).agreed
    line.commit(agreed)
    again = line.offer()
    assert again.attribute("floorctrl") == "s-only"
    assert again.attribute("connection") == "existing"
    kept = line.answer(far(f"floorctrl:c-s|{SERVER}")).agreed
    assert kept.terms == agreed.terms
    line.commit(None)
    assert line.offer().attribute("floorctrl") == "c-s"


@pytest.mark.parametrize(
    ("setup", "active"),
    [("setup:passive", True), ("setup:active", False), ("setup:actpass", False), ("", False)],
)
def test_over_tcp_somebody_connects(setup, active):
    answered = FloorNegotiation(4000, 4001).answer(far(f"floorctrl:c-only|{setup}", protocol="TCP/BFCP"))
    assert (answered.media.port, answered.media.protocol) == (4001, "TCP/BFCP")
    assert answered.agreed.active is active
    assert answered.media.attribute("setup") == ("active" if active else "passive")


@pytest.mark.parametrize(
    "line", [far("floorctrl:none"), far("", protocol="TCP/TLS/BFCP"), far("", protocol="X")]
)
def test_what_cannot_be_done_is_refused(line):
    assert FloorNegotiation(4000, 4001).answer(line) is None


texts = st.text(st.characters(exclude_characters="\r\n|", exclude_categories=("Cs",)), max_size=12)
values = st.integers(0, 10**11).map(str) | texts


@given(
    st.lists(
        st.tuples(st.sampled_from(["floorctrl", "confid", "userid", "floorid", "setup"]), values), max_size=6
    )
)
def test_no_line_of_a_far_end_breaks_ours(attributes):
    line = FloorNegotiation(4000, 4001)
    theirs = far("|".join(f"{name}:{value}" for name, value in attributes))
    answered = line.answer(theirs)
    agreed = [line.take_answer(line.offer(), theirs), answered.agreed if answered is not None else None]
    for each in agreed:
        if each is not None and each.terms.client is not None:
            assert 0 <= each.terms.client.conference < 1 << 32
            assert 0 <= each.terms.client.user < 1 << 16
            assert 0 <= each.terms.client.floor < 1 << 16
