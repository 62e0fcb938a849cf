"""Transaction layer: matches messages to transactions (RFC 3261 section 17), and picks the flows that they leave by."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from videobar.sip.errors import DestinationUnreachable, MalformedMessage
from videobar.sip.syntax.framing import PING
from videobar.sip.syntax.message import BRANCH_MAGIC, Request, Response, Via, parse_message
from videobar.sip.transaction.admission import AdmissionControl, AdmissionLimits
from videobar.sip.transaction.amplification import AddressValidation, ResponseBudget
from videobar.sip.transaction.client import (
    ClientTransaction,
    InviteClientTransaction,
    NonInviteClientTransaction,
)
from videobar.sip.transaction.server import (
    InviteServerTransaction,
    NonInviteServerTransaction,
    ServerTransaction,
)
from videobar.sip.transaction.state_machine import Failure, Scheduler, State, TimerHandle, Timers
from videobar.sip.transport.flow import Flow
from videobar.sip.transport.resolver import Destination, NextHop
from videobar.sip.transport.transport import Transport

_log = logging.getLogger("videobar.sip")

OVERLOADED_S = 30
"""Retry-After in seconds for a peer that has reached its limit."""
CONNECT_INSTEAD_S = 1.0
REMEMBERED_S = 600.0
MOST_REMEMBERED = 256
HEADERS_SIZE = 600
"""About what the headers of a request take, without its routes."""

_ClientKey = tuple[str, str]
_ServerKey = tuple[str, str, int | None, str, str]
_Merge = tuple[str, str, int, str]


@dataclass
class IncomingRequest:
    """Incoming request: with its server transaction and the flow that it came by."""

    request: Request
    transaction: ServerTransaction
    flow: Flow

    def respond(self, response: Response) -> None:
        """Send a response."""
        self.transaction.respond(response)


class TransactionLayer:
    """Transaction layer: sends requests and responses, and gives messages that come to the right transaction.

    `on_request` gets each new request but ACK, and `on_ack` each ACK that belongs to no transaction here, which is
    what the ACK to a 2xx looks like; `on_broken` gets flows that failed. What goes wrong in them is
    logged and goes no further.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        timers: Timers,
        scheduler: Scheduler,
        on_request: Callable[[IncomingRequest], None],
        on_ack: Callable[[Request], None],
        is_needed: Callable[[Flow], bool],
        on_broken: Callable[[Flow], None],
        admission: AdmissionLimits | None = None,
    ) -> None:
        self.timers = timers
        self.scheduler = scheduler
        self.malformed = 0
        """Count of messages that were no SIP, or of a kind that cannot be answered."""
        self.refused = 0
        """Count of requests that admission control refused."""
        self._admission = AdmissionControl(admission or AdmissionLimits())
        self._transport = transport
        self._on_request = on_request
        self._on_ack = on_ack
        self._is_flow_needed = is_needed
        self._on_broken = on_broken
        self._clients: dict[_ClientKey, tuple[ClientTransaction, Flow]] = {}
        self._servers: dict[_ServerKey, tuple[ServerTransaction, Flow]] = {}
        self._budgets: dict[_ServerKey, ResponseBudget] = {}
        self._validation = AddressValidation(scheduler)
        self._merges: dict[_Merge, _ServerKey] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._only_datagrams: dict[tuple[str, int], TimerHandle] = {}
        """Peers that lately refused a connection."""
        transport.attach(on_message=self._receive, on_broken=self._broken, is_needed=self._is_needed)

    def is_validated(self, flow: Flow) -> bool:
        """True if the peer has shown that it receives what is sent by this flow (see `AddressValidation`)."""
        return self._validation.is_validated(flow)

    def local_address(self, flow: Flow) -> tuple[str, int]:
        """Our address for the peer of this flow: host and port."""
        return self._transport.local_address(flow)

    async def locate(self, hop: NextHop) -> list[Destination]:
        """Destinations of a next hop, best first; see `Transport.locate`."""
        return await self._transport.locate(hop)

    def reach(
        self,
        hop: NextHop,
        prefer: Flow | None,
        then: Callable[[Flow], None],
        failed: Callable[[str], None],
        *,
        size: int = 0,
    ) -> None:
        """Find the flow to a next hop, and call `then` with it: at once, or after resolving or connecting.

        An open connection that is preferred is used for any hop, so that a peer behind a
        translator stays reachable; and so is a datagram flow where the hop leads nowhere, as a Contact does whose name
        only its own network knows, unless it asks for TLS. A message of about `size` bytes that is too large for a
        datagram goes over TCP where the hop leaves the transport open and the peer accepts a connection
        (section 18.1.1). `failed` gets a reason for people.
        """
        if prefer is not None and prefer.reliable and self._transport.is_open(prefer):
            then(prefer)
            return
        flow = self._transport.flow_at_once(hop)
        if flow is not None and not self._prefers_connection(flow, hop, size):
            then(flow)
            return

        async def wait() -> None:
            try:
                found = await self._transport.reach(hop)
                if self._prefers_connection(found, hop, size):
                    found = await self._connect_instead(found)
            except DestinationUnreachable as error:
                if prefer is None or not self._transport.is_open(prefer) or hop.wants_tls:
                    failed(str(error))
                    return
                found = prefer
            then(found)

        task = asyncio.get_running_loop().create_task(wait())
        self._tasks.add(task)
        task.add_done_callback(self._task_done)

    def _prefers_connection(self, flow: Flow, hop: NextHop, size: int) -> bool:
        """True if a connection should be tried although there is a flow."""
        if hop.protocol or flow.reliable or (flow.host, flow.port) in self._only_datagrams:
            return False
        return size > self._transport.largest_datagram(flow)

    async def _connect_instead(self, flow: Flow) -> Flow:
        """A connection to the same peer instead; one that has none is not asked again soon."""
        try:
            async with asyncio.timeout(CONNECT_INSTEAD_S):
                return await self._transport.reach(NextHop(flow.host, flow.port, "TCP"))
        except (DestinationUnreachable, TimeoutError):
            self.prefer_datagrams(flow)
            return flow

    def prefer_datagrams(self, flow: Flow) -> None:
        """Send large messages to this peer over UDP for a while: it has no TCP, or not for its user."""
        peer = (flow.host, flow.port)
        while len(self._only_datagrams) >= MOST_REMEMBERED:
            self._only_datagrams.pop(next(iter(self._only_datagrams))).cancel()
        if peer not in self._only_datagrams:
            forget = self.scheduler.call_later(REMEMBERED_S, lambda: self._only_datagrams.pop(peer, None))
            self._only_datagrams[peer] = forget

    def send_request(
        self,
        request: Request,
        flow: Flow,
        *,
        on_response: Callable[[Response], None],
        on_failure: Callable[[Failure], None],
    ) -> ClientTransaction:
        """Put a Via on a request, send it, and wait for its answer in a transaction."""
        request.headers.prepend("via", str(self._via(flow)))
        return self._start(request, flow, on_response, on_failure)

    def send_cancel(self, cancel: Request, flow: Flow) -> None:
        """Send a CANCEL, which brings the Via of what it cancels; its answer does not matter."""
        self._start(cancel, flow, lambda response: None, lambda failure: None)

    def send_ack(self, ack: Request, flow: Flow) -> Callable[[], None]:
        """Send the ACK of a 2xx, which has no transaction; what is returned sends the same once more."""
        ack.headers.prepend("via", str(self._via(flow)))
        data = bytes(ack)
        self._transport.send(flow, data)
        return lambda: self._transport.send(flow, data)

    def send_keep_alive(self, flow: Flow) -> None:
        """Send a CRLF keep-alive, for NATs on the path (RFC 5626 section 3.5.1)."""
        self._transport.send(flow, PING)

    def is_merged(self, request: Request) -> bool:
        """True if this request is being handled already, and came again by another path (section 8.2.2.2)."""
        key = self._merges.get(_merge_key(request))
        return key is not None and key != _server_key(request)

    def invite_of(self, cancel: Request) -> Request | None:
        """INVITE that a CANCEL matches, if its transaction still lives."""
        found = self._servers.get(_server_key(cancel, "INVITE"))
        return found[0].request if found is not None else None

    async def close(self) -> None:
        """Forget all transactions, and close the transport."""
        for transaction, _ in [*self._clients.values(), *self._servers.values()]:
            transaction.abandon()
        self._clients.clear()
        self._servers.clear()
        self._merges.clear()
        self._validation.close()
        for task in list(self._tasks):
            task.cancel()
        for forget in self._only_datagrams.values():
            forget.cancel()
        await self._transport.close()

    def _via(self, flow: Flow) -> Via:
        host, port = self.local_address(flow)
        branch = BRANCH_MAGIC + secrets.token_hex(8)
        return Via(flow.protocol, host, port, (("branch", branch), ("rport", None)))

    def _start(
        self,
        request: Request,
        flow: Flow,
        on_response: Callable[[Response], None],
        on_failure: Callable[[Failure], None],
    ) -> ClientTransaction:
        kind = InviteClientTransaction if request.method == "INVITE" else NonInviteClientTransaction
        key = (request.via.branch, request.method)
        transaction = kind(
            request,
            lambda data: self._transport.send(flow, data),
            scheduler=self.scheduler,
            timers=self.timers,
            reliable=flow.reliable,
            on_response=on_response,
            on_failure=on_failure,
            on_terminated=lambda: self._forget_client(key),
        )
        self._clients[key] = (transaction, flow)
        transaction.start()
        return transaction

    def _forget_client(self, key: _ClientKey) -> None:
        self._clients.pop(key, None)

    def _receive(self, data: bytes, flow: Flow) -> None:
        """Handle one message; no input may raise beyond here."""
        try:
            message = parse_message(data)
            if isinstance(message, Response):
                self._receive_response(message, flow)
            else:
                self._receive_request(message, flow, len(data))
        except MalformedMessage as error:
            self.malformed += 1
            _log.debug("message from %s ignored: %s", flow.host, error)
        except Exception:
            _log.exception("a message from %s could not be handled", flow.host)

    def _receive_response(self, response: Response, flow: Flow) -> None:
        response.check()
        found = self._clients.get((response.via.branch, response.cseq_method))
        if found is not None:
            if flow.host == found[1].host:
                self._validation.validate(flow)
            found[0].receive(response)

    def _receive_request(self, request: Request, flow: Flow, size: int) -> None:
        request.headers.replace_top("via", str(request.via.received_from(flow.host, flow.port)))
        try:
            request.check()
        except MalformedMessage as error:
            self.malformed += 1
            if request.method != "ACK":
                self._answer_malformed(request, flow, size, error)
            return
        self._validation.receive(request, flow)
        key = _server_key(request)
        known = self._servers.get(key)
        if known is not None:
            if key in self._budgets and known[1].host == flow.host:
                self._budgets[key].earn(size)
            known[0].receive(request)
        elif request.method == "ACK":
            self._on_ack(request)
        elif self._admission.is_full():
            # Dropped: over UDP it comes again, and an answer to each would help a flood.
            self.refused += 1
        elif self._admission.is_full_for(flow.host):
            self.refused += 1
            self._refuse_without_memory(request, flow, size)
        else:
            self._serve(request, flow, size)

    def _refuse_without_memory(self, request: Request, flow: Flow, size: int) -> None:
        response = Response.to_request(request, 503, tag=secrets.token_hex(4))
        response.headers.add("retry-after", str(OVERLOADED_S))
        self._respond_without_transaction(request, flow, size, response)

    def _respond_without_transaction(
        self, request: Request, flow: Flow, size: int, response: Response
    ) -> None:
        data = bytes(response)
        if self._validation.allows(flow, len(data), size):
            self._send_response(request, flow, data)

    def _serve(self, request: Request, flow: Flow, size: int) -> None:
        kind = InviteServerTransaction if request.method == "INVITE" else NonInviteServerTransaction
        key, merge = _server_key(request), _merge_key(request)
        transaction = kind(
            request,
            lambda data: self._send_within_budget(key, transaction, flow, data),
            scheduler=self.scheduler,
            timers=self.timers,
            reliable=flow.reliable,
            on_terminated=lambda: self._forget_server(key, merge, flow.host, size, transaction.local_tag),
        )
        self._servers[key] = (transaction, flow)
        self._budgets[key] = ResponseBudget(request, size)
        self._admission.add(flow.host, size)
        self._merges.setdefault(merge, key)
        try:
            self._on_request(IncomingRequest(request, transaction, flow))
        except Exception:
            _log.exception("%s from %s could not be handled", request.method, flow.host)
            if not transaction.answered:
                transaction.respond(Response.to_request(request, 500, tag=secrets.token_hex(4)))

    def _forget_server(self, key: _ServerKey, merge: _Merge, host: str, size: int, tag: str) -> None:
        if self._servers.pop(key, None) is not None:
            self._admission.remove(host, size)
            self._budgets.pop(key, None)
            self._validation.withdraw(tag)
        if self._merges.get(merge) == key:
            del self._merges[merge]

    def _send_within_budget(
        self, key: _ServerKey, transaction: ServerTransaction, flow: Flow, data: bytes
    ) -> None:
        """Send a response, unless it is more than a peer may get whose address is not validated."""
        self._validation.issue(transaction.local_tag, flow)
        budget = self._budgets.get(key)
        provisional = not transaction.answered
        if (
            self._validation.is_validated(flow)
            or budget is None
            or budget.spend(len(data), provisional=provisional)
        ):
            self._send_response(transaction.request, flow, data)

    def _send_response(self, request: Request, flow: Flow, data: bytes) -> None:
        """Back the way the request came (section 18.2.2, RFC 3581); `maddr` is ignored, it only helps attackers."""
        via = request.via
        port = flow.port if via.parameter("rport") is not None else via.port or 5060
        if not flow.reliable:
            self._transport.send(Flow("UDP", flow.host, port), data)
        elif self._transport.is_open(flow):
            self._transport.send(flow, data)
        else:
            # The connection is gone: try the address that the request's sender listens on.
            hop = NextHop(flow.host, via.port, flow.protocol)
            self.reach(hop, None, lambda other: self._transport.send(other, data), lambda reason: None)

    def _answer_malformed(self, request: Request, flow: Flow, size: int, error: MalformedMessage) -> None:
        """Answer without a transaction what cannot have one."""
        with_reason = Response.to_request(request, error.status, str(error)[:80], tag=secrets.token_hex(4))
        self._respond_without_transaction(request, flow, size, with_reason)

    def _broken(self, flow: Flow) -> None:
        """A flow cannot deliver: fail the requests that wait on it, and over UDP the responses too."""
        for client, used in list(self._clients.values()):
            if used == flow:
                self._fail(client)
        try:
            self._on_broken(flow)
        except Exception:
            _log.exception("a broken connection could not be handled")
        if flow.reliable:
            return
        for server, used in list(self._servers.values()):
            if used == flow:
                self._fail(server)

    def _fail(self, transaction: ClientTransaction | ServerTransaction) -> None:
        try:
            transaction.transport_failed()
        except Exception:
            _log.exception("the failure of a transaction could not be handled")

    def _is_needed(self, flow: Flow) -> bool:
        waiting = any(
            used == flow and transaction.state in (State.CALLING, State.TRYING, State.PROCEEDING)
            for transaction, used in self._clients.values()
        )
        return waiting or self._is_flow_needed(flow)

    def _task_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("a request could not be sent", exc_info=task.exception())


def _server_key(request: Request, method: str = "") -> _ServerKey:
    """Key that retransmissions share (section 17.2.3); an ACK matches the INVITE that it acknowledges."""
    via = request.via
    method = method or ("INVITE" if request.method == "ACK" else request.method)
    if via.branch.startswith(BRANCH_MAGIC):
        return (via.branch, via.host.lower(), via.port, method, "")
    # An RFC 2543 peer does not make branches unique, so the call stands in for them.
    rest = f"{request.call_id} {request.cseq} {request.from_.tag}"
    return (via.branch, via.host.lower(), via.port, method, rest)


def _merge_key(request: Request) -> _Merge:
    return (request.call_id, request.from_.tag, request.cseq, request.method)
