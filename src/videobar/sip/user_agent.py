"""User agent (RFC 3261 section 6): places, receives and registers, over one transport."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from functools import partial

from videobar.sip.errors import MalformedMessage
from videobar.sip.registration.account import Account
from videobar.sip.registration.account_registrations import AccountRegistrations
from videobar.sip.session.core import ALLOW, SUPPORTED, UserAgentCore, new_tag
from videobar.sip.session.digest import Credentials
from videobar.sip.session.session import Session, SessionListener
from videobar.sip.session.states import SessionState
from videobar.sip.session.timer import SHORTEST_S, is_too_brief
from videobar.sip.session.uac import InviteClient
from videobar.sip.session.uas import InviteServer
from videobar.sip.syntax.body import ACCEPT, ACCEPTED, accepts_media_type
from videobar.sip.syntax.message import Request, Response
from videobar.sip.syntax.uri import NameAddr, SipUri
from videobar.sip.transaction.admission import AdmissionLimits
from videobar.sip.transaction.layer import IncomingRequest, TransactionLayer
from videobar.sip.transaction.state_machine import Scheduler, Timers
from videobar.sip.transport.flow import Flow
from videobar.sip.transport.resolver import Destination, NextHop
from videobar.sip.transport.transport import Transport

_log = logging.getLogger("videobar.sip")

MAX_SESSIONS = 100
"""Most sessions at a time; further INVITEs are answered 503."""


class UserAgent:
    """User agent: places and answers calls over one transport.

    Incoming calls are given to `on_invite` before any response but 100 is sent; it should set the session's
    `listener`, and `ring`, `accept` or `reject` now or later. `product` becomes User-Agent and Server. `timers`,
    `scheduler`, `rng` and `admission` are for tests; the default is the running loop's real time.
    Not supported, and never advertised: Replaces (RFC 3891) and REFER.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        product: str,
        on_invite: Callable[[Session], None],
        timers: Timers | None = None,
        scheduler: Scheduler | None = None,
        rng: random.Random | None = None,
        shutdown_timeout: float = 1.0,
        admission: AdmissionLimits | None = None,
    ) -> None:
        self._on_invite = on_invite
        self._sessions: dict[str, Session] = {}
        self._registrations: list[AccountRegistrations] = []
        self._all_released = asyncio.Event()
        self._closing = False
        self._shutdown_timeout = shutdown_timeout
        self._transactions = TransactionLayer(
            transport,
            timers=timers or Timers(),
            scheduler=scheduler or asyncio.get_running_loop(),
            on_request=self._receive,
            on_ack=self._receive_ack,
            is_needed=self._is_needed,
            on_broken=self._flow_broken,
            admission=admission,
        )
        self._core = UserAgentCore(self._transactions, product, rng or random.SystemRandom(), self._released)

    @property
    def sessions(self) -> tuple[Session, ...]:
        """Sessions that have not ended."""
        return tuple(each for each in self._sessions.values() if each.state is not SessionState.ENDED)

    def invite(
        self,
        target: SipUri,
        *,
        from_: NameAddr,
        offer: bytes,
        listener: SessionListener,
        credentials: Credentials | None = None,
        no_response_timeout: float | None = None,
        route: tuple[SipUri, ...] = (),
    ) -> Session:
        """Call `target`, and return at once; `listener` gets the events.

        `no_response_timeout` is how many seconds to wait for the first response (64*T1, which is also the most).
        `credentials` answer a challenge, `route` are the proxies to go through. An address that is wrong or dead is
        reported by `on_ended`, perhaps before the first await, but never before this returns.

        Raises:
            UnsupportedTransport: the target or the first proxy asks for a transport that does not exist here, or a
                `sips:` address is to be called through a proxy without TLS.
        """
        client = InviteClient(
            self._core,
            target=target,
            from_=from_,
            offer=offer,
            listener=listener,
            credentials=credentials,
            no_response_timeout=no_response_timeout,
            route=route,
        )
        self._sessions[client.session.local_tag] = client.session
        client.start()
        return client.session

    def register(
        self, account: Account, on_change: Callable[[AccountRegistrations], None]
    ) -> AccountRegistrations:
        """Register an account at its servers, until `close`; `on_change` is called after each change."""
        registrations = AccountRegistrations(self._core, account, on_change)
        self._registrations.append(registrations)
        registrations.start()
        return registrations

    def unregister(self, registrations: AccountRegistrations, then: Callable[[], None]) -> None:
        """Take an account's registrations back; `then` is called when its servers have let go or been silent for long.

        It is not called when everything ends before that.
        """

        def stopped() -> None:
            self._registrations_stopped(registrations)
            if not self._closing:
                then()

        registrations.stop(stopped)

    async def locate(self, target: SipUri, route: tuple[SipUri, ...] = ()) -> list[Destination]:
        """Destinations that a call would go to, best first; see `Transport.locate`.

        Raises:
            UnsupportedTransport: as `invite`.
            DestinationUnreachable: there is none.
        """
        return await self._transactions.locate(NextHop.of(route[0] if route else target))

    async def close(self) -> None:
        """End all sessions and registrations, wait at most `shutdown_timeout` seconds for answers, close the transport.

        Twice is harmless.
        """
        self._closing = True
        self._all_released.clear()
        for session in list(self._sessions.values()):
            session.hang_up()
        for each in list(self._registrations):
            each.stop(partial(self._registrations_stopped, each))
        if self._sessions or self._registrations:
            try:
                async with asyncio.timeout(self._shutdown_timeout):
                    await self._all_released.wait()
            except TimeoutError:
                _log.info("%d calls ended without the far end's answer", len(self._sessions))
                self._registrations.clear()
        await self._transactions.close()

    # Requests that come in.

    def _receive(self, incoming: IncomingRequest) -> None:
        request = incoming.request
        if request.method == "CANCEL":
            self._receive_cancel(incoming)
            return
        if request.method not in ALLOW:
            self._refuse(incoming, 405, ("allow", ", ".join(ALLOW)))
            return
        unknown = [each for each in request.headers.items_of("require") if each.lower() not in SUPPORTED]
        if unknown:
            self._refuse(incoming, 420, ("unsupported", ", ".join(unknown)))
        elif request.to.tag:
            self._receive_in_dialog(incoming)
        elif self._transactions.is_merged(request):
            self._refuse(incoming, 482)
        elif request.method == "INVITE":
            self._receive_invite(incoming)
        elif request.method == "OPTIONS":
            self._answer_options(incoming)
        else:
            self._refuse(incoming, 481)

    def _receive_in_dialog(self, incoming: IncomingRequest) -> None:
        session = self._session_of(incoming.request)
        if session is None:
            self._refuse(incoming, 481)
        else:
            session.receive(incoming)

    def _receive_ack(self, ack: Request) -> None:
        session = self._session_of(ack)
        if session is not None:
            session.receive_ack(ack)

    def _receive_cancel(self, incoming: IncomingRequest) -> None:
        """CANCEL is about an INVITE transaction, and stands outside of dialogs (section 9.2).

        Both are answered with the same To tag.
        """
        invite = self._transactions.invite_of(incoming.request)
        if invite is None:
            self._refuse(incoming, 481)
            return
        session = next((each for each in self._sessions.values() if each.answers(invite)), None)
        tag = new_tag() if session is None else session.local_tag
        incoming.respond(self._core.response(incoming.request, 200, tag=tag))
        if session is not None:
            session.on_cancel(incoming.request)

    def _receive_invite(self, incoming: IncomingRequest) -> None:
        request = incoming.request
        if self._closing or len(self.sessions) >= MAX_SESSIONS:
            self._refuse(incoming, 503)
        elif not isinstance(request.uri, SipUri):
            self._refuse(incoming, 416)
        elif not accepts_media_type(request):
            self._refuse(incoming, 415, *ACCEPTED)
        elif is_too_brief(request):
            self._refuse(incoming, 422, ("min-se", str(SHORTEST_S)))
        else:
            self._open(incoming)

    def _open(self, incoming: IncomingRequest) -> None:
        try:
            session = InviteServer(self._core, incoming, self._credentials_for(incoming.flow)).session
        except MalformedMessage as error:
            self._refuse(incoming, error.status)
            return
        incoming.respond(Response.to_request(incoming.request, 100))
        self._sessions[session.local_tag] = session
        try:
            self._on_invite(session)
        except Exception:
            _log.exception("an incoming call could not be handled")
            if session.state is SessionState.INCOMING:
                session.reject(500)
            else:
                session.hang_up()

    def _credentials_for(self, flow: Flow) -> Credentials | None:
        """Credentials for a registrar that brings a call, which may challenge our BYE."""
        return next(
            (each.account.credentials for each in self._registrations if each.is_served_by(flow.host)), None
        )

    def _answer_options(self, incoming: IncomingRequest) -> None:
        """Answer OPTIONS as an INVITE would be answered (section 11.2)."""
        full = self._closing or len(self.sessions) >= MAX_SESSIONS
        response = self._core.response(incoming.request, 503 if full else 200, tag=new_tag())
        response.headers.add("allow", ", ".join(ALLOW))
        response.headers.add("supported", ", ".join(SUPPORTED))
        response.headers.add("accept", ACCEPT)
        incoming.respond(response)

    def _refuse(self, incoming: IncomingRequest, status: int, *headers: tuple[str, str]) -> None:
        response = self._core.response(incoming.request, status, tag=new_tag())
        for name, value in headers:
            response.headers.add(name, value)
        incoming.respond(response)

    # The sessions.

    def _session_of(self, request: Request) -> Session | None:
        session = self._sessions.get(request.to.tag)
        return session if session is not None and session.matches(request) else None

    def _released(self, local_tag: str) -> None:
        self._sessions.pop(local_tag, None)
        self._check_released()

    def _registrations_stopped(self, stopped: AccountRegistrations) -> None:
        if stopped in self._registrations:
            self._registrations.remove(stopped)
        self._check_released()

    def _check_released(self) -> None:
        if not self._sessions and not self._registrations:
            self._all_released.set()

    def _is_needed(self, flow: Flow) -> bool:
        users: list[AccountRegistrations | Session] = [*self._registrations, *self._sessions.values()]
        return any(user.uses(flow) for user in users)

    def _flow_broken(self, flow: Flow) -> None:
        for each in self._registrations:
            each.flow_broken(flow)
