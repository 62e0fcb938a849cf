"""Registration at one server (RFC 3261 section 10): made, refreshed, retried and removed.

OFF ──start──> TRYING ──2xx──> UP ──refresh failed, way broken, server silent──> DOWN
                  └──refused or silent──> DOWN ──after a pause──> TRYING
any ──stop──> OFF      with a REGISTER that expires at once, where the server knows us

While UP is refreshed it stays UP. DOWN tries again after a pause that doubles; each try is TRYING only inside.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from enum import Enum

from videobar.sip.errors import MalformedMessage
from videobar.sip.registration.account import Account
from videobar.sip.session.core import UserAgentCore, new_tag
from videobar.sip.session.digest import DigestClient
from videobar.sip.session.request import ClientRequest
from videobar.sip.syntax.message import Request, Response
from videobar.sip.syntax.reasons import agent_of, reason_phrase
from videobar.sip.syntax.uri import NameAddr, SipUri
from videobar.sip.transaction.state_machine import Failure, TimerHandle
from videobar.sip.transport.flow import Flow
from videobar.sip.transport.resolver import NextHop

_log = logging.getLogger("videobar.sip")

LONGEST_S = 7 * 24 * 3600
"""Longest interval between refreshes, in seconds."""
SHORTEST_S = 10
"""Shortest duration granted by a server that is followed, in seconds."""
MOST_ROUTES = 8


class RegistrationState(Enum):
    """State of a registration, as in the drawing above."""

    OFF = "off"
    TRYING = "trying"
    UP = "up"
    DOWN = "down"


class Registration:
    """Registration at one server, kept up from `start` to `stop`; `on_change` is called after each change of `state`.

    Attributes:
        server: the server's URI.
        state: where it is.
        detail: why it is down, for people; empty otherwise.
        agent: the server's product, as it names itself; empty until known.
        service_route: the proxies that the server wants calls to go through (RFC 3608).
        flow: the way to the server, once there was one.
    """

    def __init__(
        self, core: UserAgentCore, account: Account, server: SipUri, on_change: Callable[[], None]
    ) -> None:
        self.server = server
        self.state = RegistrationState.OFF
        self.detail = ""
        self.agent = ""
        self.service_route: tuple[SipUri, ...] = ()
        self.flow: Flow | None = None
        self._core = core
        self._account = account
        self._intervals = account.intervals
        self._on_change = on_change
        self._digest = DigestClient(account.credentials)
        self._call_id = new_tag()
        self._tag = new_tag()
        self._cseq = 0
        self._expires = account.intervals.expires
        self._pause = account.intervals.retry_initial
        self._server_answers_options = True
        self._registering: ClientRequest | None = None
        self._options: ClientRequest | None = None
        self._timer: TimerHandle | None = None
        self._keep_alive_timer: TimerHandle | None = None

    @property
    def is_up(self) -> bool:
        """True if the server has our contact."""
        return self.state is RegistrationState.UP

    def start(self) -> None:
        """Register, and keep at it; without effect where that goes on already."""
        if self.state is RegistrationState.OFF:
            self._pause = self._intervals.retry_initial
            self._change(RegistrationState.TRYING)
            self._register()

    def stop(self, then: Callable[[], None] = lambda: None) -> None:
        """Unregister; `then` is called once the server has answered or been silent for too long."""
        known = self.is_up
        self._stop_timers()
        if self._registering is not None:
            # An answer that is on its way may have registered us after all.
            known = True
            self._registering.abandon()
            self._registering = None
        if self.state is not RegistrationState.OFF:
            self._change(RegistrationState.OFF)
        if known:
            self._send_register(0, lambda result: then())
        else:
            then()

    def flow_broken(self, flow: Flow) -> None:
        """Handle a flow that failed: register again if it is ours."""
        if flow == self.flow and self.is_up and self._registering is None:
            self._register()

    def uses(self, flow: Flow) -> bool:
        """True if a connection must stay open for it."""
        return self.state is not RegistrationState.OFF and flow == self.flow

    # Registering.

    def _register(self) -> None:
        self._stop_timers()
        self._registering = self._send_register(self._expires, self._on_register_final)

    def _send_register(self, expires: int, on_final: Callable[[Response | Failure], None]) -> ClientRequest:
        account = self._account
        own = NameAddr(account.address, account.display_name)
        domain = SipUri(account.address.host, port=account.address.port, scheme=self.server.scheme)

        def build(flow: Flow) -> Request:
            self.flow = flow
            self._cseq += 1
            request = self._new_request(
                "REGISTER", domain, own.with_tag(self._tag), own, self._call_id, self._cseq
            )
            contact = NameAddr(self._contact(flow), parameters=(("expires", str(expires)),))
            request.headers.add("contact", str(contact))
            request.headers.add("expires", str(expires))
            return request

        return self._send(build, self._digest, on_final)

    def _send(
        self,
        build: Callable[[Flow], Request],
        digest: DigestClient,
        on_final: Callable[[Response | Failure], None],
    ) -> ClientRequest:
        """Send a request out of dialog to the server; a challenge is answered where it came from."""
        first = NextHop.of(self._account.proxy or self.server)
        request = ClientRequest(
            self._core,
            digest,
            build=build,
            next_hop=lambda used: first if used is None else NextHop.to_peer_of(used),
            on_final=on_final,
            timeout=self._intervals.response_timeout,
        )
        request.send(self.flow)
        return request

    def _new_request(
        self, method: str, target: SipUri, from_: NameAddr, to: NameAddr, call_id: str, cseq: int
    ) -> Request:
        proxy = self._account.proxy
        request = Request.create(
            method,
            str(target),
            from_=str(from_),
            to=str(to),
            call_id=call_id,
            cseq=cseq,
            routes=[f"<{loose_route(proxy)}>"] if proxy is not None else [],
        )
        request.headers.add("user-agent", self._core.product)
        return request

    def _contact(self, flow: Flow) -> SipUri:
        return self._core.contact(flow, self._account.address.user, secure=self.server.scheme == "sips")

    def _on_register_final(self, result: Response | Failure) -> None:
        self._registering = None
        if isinstance(result, Failure):
            silent = result is Failure.TIMEOUT
            self._failed("does not answer" if silent else "cannot be reached")
        elif result.status == 423 and (longer := _seconds(result, "min-expires")) > self._expires:
            self._expires = longer
            self._register()
        elif result.status >= 300:
            self._update_agent(result)
            self._failed(f"{result.status} {reason_phrase(result)}".strip())
        else:
            self._registered(result)

    def _registered(self, response: Response) -> None:
        self._update_agent(response)
        self._pause = self._intervals.retry_initial
        self.service_route = _service_route(response)
        granted = min(max(self._granted(response), SHORTEST_S), LONGEST_S)
        self._timer = self._core.transactions.scheduler.call_later(
            granted / 2 if granted < 1200 else granted - 600, self._register
        )
        self._keep_alive_later()
        if not self.is_up:
            self._change(RegistrationState.UP)

    def _granted(self, response: Response) -> int:
        """Seconds for which the server will know our Contact (section 10.2.4)."""
        contact = self._contact(self.flow) if self.flow is not None else None
        try:
            for each in response.addresses("contact"):
                seconds = each.parameter("expires") or ""
                if each.uri == contact and seconds.isascii() and seconds.isdigit():
                    return int(seconds[:9])
        except MalformedMessage:
            pass
        return _seconds(response, "expires") or self._expires

    def _failed(self, detail: str) -> None:
        self._stop_timers()
        self.flow = None
        self.service_route = ()
        self._server_answers_options = True
        pause = self._pause * self._core.rng.uniform(0.8, 1.0)
        self._pause = min(2 * self._pause, self._intervals.retry_max)
        self._timer = self._core.transactions.scheduler.call_later(pause, self._register)
        changed = detail != self.detail
        self.detail = detail
        if self.state is not RegistrationState.DOWN or changed:
            self._change(RegistrationState.DOWN)

    # Keeping the way open.

    def _keep_alive_later(self) -> None:
        if self._intervals.keep_alive and self.flow is not None and not self.flow.reliable:
            self._keep_alive_timer = self._core.transactions.scheduler.call_later(
                self._intervals.keep_alive, self._keep_alive
            )

    def _keep_alive(self) -> None:
        """Send OPTIONS; a server that never answers it is sent CRLF keep-alives instead."""
        self._keep_alive_timer = None
        if not self._server_answers_options:
            if self.flow is not None:
                self._core.transactions.send_keep_alive(self.flow)
            self._keep_alive_later()
            return
        own = NameAddr(self._account.address, self._account.display_name).with_tag(new_tag())
        call_id = new_tag()

        def build(flow: Flow) -> Request:
            request = self._new_request("OPTIONS", self.server, own, NameAddr(self.server), call_id, 1)
            request.headers.add("accept", "application/sdp")
            return request

        self._options = self._send(build, DigestClient(None), self._on_options_final)

    def _on_options_final(self, result: Response | Failure) -> None:
        self._options = None
        if isinstance(result, Response):
            self._keep_alive_later()
        elif self._registering is None:
            # It is gone, or it does not answer OPTIONS: only a REGISTER shows which.
            self._server_answers_options = result is not Failure.TIMEOUT
            self._register()

    # Small things.

    def _update_agent(self, response: Response) -> None:
        self.agent = agent_of(response) or self.agent

    def _stop_timers(self) -> None:
        for timer in (self._timer, self._keep_alive_timer):
            if timer is not None:
                timer.cancel()
        self._timer = self._keep_alive_timer = None
        if self._options is not None:
            self._options.abandon()
            self._options = None

    def _change(self, state: RegistrationState) -> None:
        self.state = state
        if state is not RegistrationState.DOWN:
            self.detail = ""
        if state is RegistrationState.UP:
            _log.info("registered with %s", self.server)
        elif state is RegistrationState.DOWN:
            _log.warning("not registered with %s: %s", self.server, self.detail)
        self._on_change()


def loose_route(uri: SipUri) -> SipUri:
    """A proxy's URI as it stands in Route: with `lr` (section 19.1.1)."""
    return uri if uri.parameter("lr") is not None else uri.with_parameter("lr", None)


def _seconds(response: Response, header: str) -> int:
    """The number in a header; 0 where there is none."""
    text = (response.headers.get(header) or "").strip()
    return int(text[:9]) if text.isascii() and text.isdigit() else 0


def _service_route(response: Response) -> tuple[SipUri, ...]:
    try:
        routes = [each.uri for each in response.addresses("service-route")]
    except MalformedMessage:
        return ()
    return tuple(each for each in routes if isinstance(each, SipUri))[:MOST_ROUTES]
