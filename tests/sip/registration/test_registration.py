"""Registration at servers that say exactly what the test wants, with time moved by hand."""

from __future__ import annotations

from typing import Any

import pytest

from videobar.engine.process.protocol import SipServers
from videobar.engine.signalling.registering import Registering
from videobar.sip.registration.account import Account, RegistrationIntervals
from videobar.sip.registration.account_registrations import OutboundRoute
from videobar.sip.registration.registration import RegistrationState
from videobar.sip.session.digest import Credentials
from videobar.sip.syntax.message import Request, Response
from videobar.sip.syntax.uri import NameAddr, SipUri

UP, DOWN, OFF = RegistrationState.UP, RegistrationState.DOWN, RegistrationState.OFF
INTERVALS = RegistrationIntervals(
    expires=300, response_timeout=10, retry_initial=5, retry_max=60, keep_alive=30
)
CHALLENGE = 'Digest realm="example.test", nonce="n1", algorithm=SHA-256, qop="auth"'


class Server:
    """A registrar on a raw peer."""

    def __init__(self, peer: Any, phone: Any) -> None:
        self.peer, self.phone = peer, phone
        self.uri = SipUri("127.0.0.1", port=peer.port)

    async def next(self, method: str = "REGISTER") -> Request:
        request = await self.peer.next()
        assert isinstance(request, Request)
        assert request.method == method
        return request

    def answer(self, request: Request, status: int = 200, *headers: tuple[str, str]) -> None:
        response = Response.to_request(request, status, tag="server")
        response.headers.add("server", "raw/9")
        if status == 200:
            for contact in request.headers.all("contact"):
                response.headers.add("contact", contact)
        for name, value in headers:
            response.headers.set(name, value)
        self.peer.send(response, self.phone.port)

    async def accept(self, *headers: tuple[str, str]) -> Request:
        request = await self.next()
        self.answer(request, 200, *headers)
        return request

    async def nothing_comes(self, eventually: Any) -> None:
        """Everything sent so far has arrived, and there is nothing that was not looked at."""
        self.peer.send(
            self.peer.request("OPTIONS", branch=f"probe{len(self.peer.messages)}"), self.phone.port
        )
        answer = await self.peer.next()
        assert isinstance(answer, Response), answer


@pytest.fixture
async def far(peer: Any, phone: Any, scheduler: Any) -> Server:
    return Server(peer, await phone(scheduler=scheduler))


@pytest.fixture
async def spare(other_peer: Any, far: Server) -> Server:
    return Server(other_peer, far.phone)


def account(*servers: Server, **more: Any) -> Account:
    return Account(
        **{
            "address": SipUri("example.test", "room"),
            "servers": tuple(server.uri for server in servers),
            "credentials": Credentials("room", "secret"),
            "display_name": "The Room",
            "intervals": INTERVALS,
            **more,
        }
    )


def register(far: Server, made: Account) -> tuple[Any, list[Any]]:
    """The line, and the states of its servers after each change."""
    seen: list[Any] = []

    def changed(line: Any) -> None:
        states = [each.state for each in line.registrations]
        if RegistrationState.TRYING not in states:
            seen.append(states)

    return far.phone.agent.register(made, changed), seen


async def up(line: Any, eventually: Any, which: int = 0) -> None:
    await eventually(lambda: line.registrations[which].state is UP)


def expires_of(request: Request) -> str | None:
    return request.addresses("contact")[0].parameter("expires")


async def test_the_request_says_who_where_and_for_how_long(far: Server, eventually: Any) -> None:
    line, seen = register(far, account(far))
    request = await far.next()
    assert request.target == "sip:example.test"
    assert str(request.to) == '"The Room" <sip:room@example.test>'
    assert (request.from_.uri, request.from_.tag != "") == (request.to.uri, True)
    contact = request.addresses("contact")[0]
    assert contact.uri == SipUri("127.0.0.1", "room", far.phone.port)
    assert expires_of(request) == "300"
    far.answer(request)
    await up(line, eventually)
    assert seen == [[UP]]
    assert line.registrations[0].agent == "raw/9"


async def test_a_challenge_is_answered_and_remembered_for_the_refresh(
    far: Server, scheduler: Any, eventually: Any
) -> None:
    line, _ = register(far, account(far))
    first = await far.next()
    far.answer(first, 401, ("www-authenticate", CHALLENGE))
    second = await far.next()
    assert "algorithm=SHA-256" in (second.headers.get("authorization") or "")
    assert second.call_id == first.call_id
    assert second.cseq == first.cseq + 1
    far.answer(second)
    await up(line, eventually)
    line.registrations[0]._keep_alive_timer.cancel()
    scheduler.advance(150)
    third = await far.next()
    assert "nc=00000002" in (third.headers.get("authorization") or "")
    assert third.cseq == second.cseq + 1


async def test_a_wrong_password_is_down_with_the_reason_and_tried_again_later(
    far: Server, scheduler: Any, eventually: Any
) -> None:
    line, _ = register(far, account(far))
    for _ in range(2):
        far.answer(await far.next(), 401, ("www-authenticate", CHALLENGE))
    await eventually(lambda: line.registrations[0].state is DOWN)
    assert line.registrations[0].detail == "401 Unauthorized"
    await far.nothing_comes(eventually)
    scheduler.advance(5)
    assert await far.next()


async def test_too_brief_is_asked_again_for_longer(far: Server, eventually: Any) -> None:
    line, _ = register(far, account(far))
    far.answer(await far.next(), 423, ("min-expires", "3600"))
    request = await far.next()
    assert expires_of(request) == "3600"
    far.answer(request)
    await up(line, eventually)


async def test_too_brief_for_ever_ends(far: Server, eventually: Any) -> None:
    line, _ = register(far, account(far))
    far.answer(await far.next(), 423, ("min-expires", "300"))
    await eventually(lambda: line.registrations[0].state is DOWN)


@pytest.mark.parametrize(
    ("headers", "refreshed_after"),
    [
        ((), 150),
        ((("contact", "<sip:room@127.0.0.1:{port}>;expires=60"),), 30),
        ((("contact", "<sip:other@192.0.2.1>;expires=10, <sip:room@127.0.0.1:{port}>;expires=80"),), 40),
        ((("contact", "<sip:other@192.0.2.1>"), ("expires", "100")), 50),
        ((("contact", "<sip:room@127.0.0.1:{port}>;expires=0"),), 5),
        ((("contact", "<sip:room@127.0.0.1:{port}>;expires=99999999999"),), 7 * 24 * 3600 - 600),
        ((("contact", "nonsense <"),), 150),
    ],
)
async def test_refreshed_in_time(
    far: Server, scheduler: Any, eventually: Any, headers: Any, refreshed_after: float
) -> None:
    line, seen = register(far, account(far, intervals=RegistrationIntervals(keep_alive=0)))
    await far.accept(*((name, value.format(port=far.phone.port)) for name, value in headers))
    await up(line, eventually)
    scheduler.advance(refreshed_after - 1)
    await far.nothing_comes(eventually)
    scheduler.advance(1)
    await far.accept()
    assert seen == [[UP]]


async def test_a_silent_server_is_down_and_up_again_when_it_speaks(
    far: Server, scheduler: Any, eventually: Any
) -> None:
    line, seen = register(far, account(far))
    await far.next()
    scheduler.advance(10)
    assert seen == [[DOWN]]
    assert line.registrations[0].detail == "does not answer"
    far.peer.read = len(far.peer.messages)
    scheduler.advance(5)
    await eventually(lambda: len(far.peer.messages) > far.peer.read)
    far.answer(far.peer.messages[-1])
    await up(line, eventually)
    assert seen == [[DOWN], [UP]]


async def test_pauses_between_tries_grow_and_have_a_limit(
    far: Server, scheduler: Any, eventually: Any
) -> None:
    register(far, account(far))
    pauses = []
    for _ in range(7):
        far.answer(await far.next(), 503)
        await far.nothing_comes(eventually)
        started = scheduler.now
        while far.peer.read == len(far.peer.messages):
            scheduler.advance(0.5)
            await far_settles(far)
        pauses.append(scheduler.now - started)
    assert 4 <= pauses[0] <= 5.5
    assert pauses[:4] == sorted(pauses[:4])
    assert all(48 <= pause <= 60.5 for pause in pauses[-2:])


async def far_settles(far: Server) -> None:
    """Let what was sent arrive: an OPTIONS there and back would be counted, so a look at the loop is enough."""
    import asyncio

    for _ in range(20):
        await asyncio.sleep(0)


async def test_the_next_server_is_used_until_the_preferred_one_is_back(
    far: Server, spare: Server, scheduler: Any, eventually: Any
) -> None:
    line, seen = register(far, account(far, spare))
    far.answer(await far.next(), 503)
    await spare.accept()
    await up(line, eventually, 1)
    assert line.active is line.registrations[1]
    assert seen[-1] == [DOWN, UP]
    scheduler.advance(5)
    await far.accept()
    await up(line, eventually)
    leaving = await spare.next()
    assert expires_of(leaving) == "0"
    spare.answer(leaving)
    assert line.active is line.registrations[0]
    assert seen[-1] == [UP, OFF]


async def test_a_server_that_goes_while_registered_is_replaced(
    far: Server, spare: Server, scheduler: Any, eventually: Any
) -> None:
    line, _ = register(far, account(far, spare))
    await far.accept()
    await up(line, eventually)
    scheduler.advance(30)
    await far.next("OPTIONS")
    scheduler.advance(10)
    # It does not answer that, and neither the REGISTER that follows.
    await eventually(lambda: far.peer.messages[-1].method == "REGISTER")
    scheduler.advance(10)
    await spare.accept()
    await up(line, eventually, 1)
    assert [each.state for each in line.registrations] == [DOWN, UP]


async def test_a_server_that_does_not_like_options_stays_up(
    far: Server, scheduler: Any, eventually: Any
) -> None:
    line, seen = register(far, account(far))
    await far.accept()
    await up(line, eventually)
    scheduler.advance(30)
    await far.next("OPTIONS")
    scheduler.advance(10)
    await eventually(lambda: far.peer.messages[-1].method == "REGISTER")
    far.answer(far.peer.messages[-1])
    far.peer.read = len(far.peer.messages)
    registration = line.registrations[0]
    await eventually(lambda: registration._registering is None)
    sent = far.phone.transport.counters.sent
    scheduler.advance(30)
    assert far.phone.transport.counters.sent == sent + 1
    await far.nothing_comes(eventually)
    assert seen == [[UP]]


async def test_an_unreachable_port_is_noticed_at_once(
    far: Server, spare: Server, scheduler: Any, eventually: Any
) -> None:
    line, _ = register(far, account(far, spare))
    await far.accept()
    await up(line, eventually)
    socket = far.peer.transport.get_extra_info("socket")
    far.peer.transport.close()
    await eventually(lambda: socket.fileno() < 0)
    scheduler.advance(30)
    await spare.accept()
    await up(line, eventually, 1)
    assert line.registrations[0].detail == "cannot be reached"


async def test_closing_takes_the_registration_back(far: Server, eventually: Any) -> None:
    import asyncio

    line, _ = register(far, account(far))
    await far.accept()
    await up(line, eventually)
    far.phone.agent._shutdown_timeout = 10
    closing = asyncio.create_task(far.phone.agent.close())
    leaving = await far.next()
    assert expires_of(leaving) == "0"
    assert leaving.headers.get("expires") == "0"
    far.answer(leaving)
    await closing
    assert line.registrations[0].state is OFF


async def test_stopping_before_any_answer_takes_back_what_may_have_been_made(
    far: Server, eventually: Any
) -> None:
    line, _ = register(far, account(far))
    await far.next()
    told = []
    line.stop(lambda: told.append(True))
    leaving = await far.next()
    assert expires_of(leaving) == "0"
    far.answer(leaving)
    await eventually(lambda: told)


async def test_an_outbound_proxy_is_a_loose_route(far: Server, spare: Server, eventually: Any) -> None:
    server = SipUri("registrar.example.test")
    line, _ = register(far, account(servers=(server,), proxy=spare.uri))
    request = await spare.next()
    assert request.target == "sip:example.test"
    assert request.headers.all("route") == [f"<{spare.uri};lr>"]
    spare.answer(request)
    await up(line, eventually)
    path = line.route_to(SipUri("192.0.2.1", "bob"))
    assert [str(each) for each in path.route] == [f"{spare.uri};lr"]


async def test_the_paths_of_calls(far: Server, eventually: Any) -> None:
    line, _ = register(far, account(far))
    assert line.route_to(SipUri("example.test", "bob")) == OutboundRoute(), "nobody knows us yet"
    await far.accept()
    await up(line, eventually)
    through = (SipUri("127.0.0.1", port=far.peer.port, parameters=(("lr", None),)),)
    assert line.route_to(SipUri("example.test", "bob")).route == through
    assert line.route_to(SipUri("elsewhere.test", "bob")).route == through
    assert line.route_to(SipUri("192.0.2.1", "bob")) == OutboundRoute(), (
        "a numeric address is called as it is"
    )
    path = line.route_to(SipUri("example.test", "bob"))
    assert str(path.address) == "sip:room@example.test"
    assert path.credentials == Credentials("room", "secret")


async def test_a_server_that_brings_a_call_may_ask_for_the_password_when_we_hang_up(
    far: Server, eventually: Any
) -> None:
    line, _ = register(far, account(far))
    await far.accept()
    await up(line, eventually)
    far.peer.send(far.peer.request("INVITE", branch="in", body="v=0\n"), far.phone.port)
    session = (await eventually(lambda: far.phone.incoming))[0]
    session.accept(b"v=0\r\n")
    assert [(await far.peer.next()).status for _ in range(2)] == [100, 200]
    far.peer.send(far.peer.request("ACK", branch="ack", to_tag=session.local_tag), far.phone.port)
    await session.listener.wait("established")
    session.hang_up()
    far.answer(await far.next("BYE"), 407, ("proxy-authenticate", CHALLENGE))
    again = await far.next("BYE")
    assert 'username="room"' in (again.headers.get("proxy-authorization") or "")


async def test_the_service_route_is_used(far: Server, eventually: Any) -> None:
    line, _ = register(far, account(far))
    await far.accept(("service-route", "<sip:a.example;lr>, <sip:b.example;lr>"))
    await up(line, eventually)
    route = line.route_to(SipUri("example.test", "bob")).route
    assert [each.host for each in route] == ["a.example", "b.example"]


async def test_a_call_through_the_proxy_with_its_challenge(
    far: Server, eventually: Any, recorder: Any
) -> None:
    line, _ = register(far, account(far))
    await far.accept()
    await up(line, eventually)
    target = SipUri("example.test", "bob")
    path = line.route_to(target)
    far.phone.agent.invite(
        target,
        from_=NameAddr(path.address),
        offer=b"v=0\r\n",
        listener=recorder,
        route=path.route,
        credentials=path.credentials,
    )
    first = await far.next("INVITE")
    assert first.target == "sip:bob@example.test"
    assert first.headers.all("route") == [f"<{far.uri};lr>"]
    far.answer(first, 407, ("proxy-authenticate", CHALLENGE))
    ack = await far.next("ACK")
    assert ack.headers.all("route") == first.headers.all("route")
    second = await far.next("INVITE")
    assert "proxy-authorization" in dict(second.headers)
    assert (second.call_id, second.from_.tag) == (first.call_id, first.from_.tag)
    ok = Response.to_request(second, 200, tag="bob")
    ok.headers.add("record-route", f"<{far.uri};lr>")
    ok.headers.add("contact", "<sip:bob@192.0.2.77:5066>")
    ok.headers.add("content-type", "application/sdp")
    ok.body = b"v=0\r\n"
    far.peer.send(ok, far.phone.port)
    await recorder.wait("established")
    ack = await far.next("ACK")
    assert ack.target == "sip:bob@192.0.2.77:5066"
    assert ack.headers.all("route") == [f"<{far.uri};lr>"]


def configured(server: Server, user: str) -> Account:
    return Account(
        address=SipUri("example.test", user),
        servers=(server.uri,),
        credentials=Credentials(user, "secret"),
        intervals=RegistrationIntervals(expires=300, keep_alive=0),
    )


async def test_another_account_takes_the_place_of_the_first(
    far: Server, spare: Server, eventually: Any
) -> None:
    said: list[list[tuple[str, str]]] = []

    def hear(report: SipServers) -> None:
        said.append([(each.address, each.state) for each in report.servers])

    here, there = f"127.0.0.1:{far.uri.port}", f"127.0.0.1:{spare.uri.port}"
    registering = Registering(far.phone.agent, hear)
    registering.use(None)
    assert said == []
    registering.use(configured(far, "one"))
    assert (await far.accept()).to.uri.user == "one"
    await eventually(lambda: said[-1] == [(here, "up")])
    # At the same server: it forgets the first before it is told of the last; the one between is never known.
    registering.use(configured(far, "two"))
    registering.use(configured(far, "three"))
    leaving = await far.next()
    assert (leaving.to.uri.user, expires_of(leaving)) == ("one", "0")
    await far.nothing_comes(eventually)
    far.answer(leaving)
    assert (await far.accept()).to.uri.user == "three"
    await eventually(lambda: said[-1] == [(here, "up")])
    # The same again is none of the servers' business; another server need not wait for the first.
    registering.use(configured(far, "three"))
    registering.use(configured(spare, "four"))
    assert (await spare.accept()).to.uri.user == "four"
    await eventually(lambda: said[-1] == [(there, "up")])
    leaving = await far.next()
    assert (leaving.to.uri.user, expires_of(leaving)) == ("three", "0")
    registering.use(None)
    assert said[-1] == []
    leaving = await spare.next()
    assert (leaving.to.uri.user, expires_of(leaving)) == ("four", "0")
    spare.answer(leaving)
    await spare.nothing_comes(eventually)
    assert said[-1] == []
