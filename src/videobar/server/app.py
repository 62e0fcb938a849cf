"""The core of the HTTPS face, without any I/O: a request goes in, a response comes out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import aclosing
from functools import cached_property
from types import MappingProxyType
from typing import Any

from videobar.clock import Clock
from videobar.contract.index import Areas
from videobar.contract.operation import LARGEST_FILE, Operation
from videobar.errors import MethodNotAllowed, VideobarError
from videobar.room.audit import AuditedChange
from videobar.room.session import Caller, LoginSession
from videobar.room.sessions import Sessions
from videobar.server import codec
from videobar.server.auth import Authenticator, login_cookies, logout_cookies
from videobar.server.codec import ActionCodec
from videobar.server.messages import CLIENT_GONE, ClientGone, HttpRequest, HttpResponse
from videobar.server.request_log import LONGEST_PATH, log_request
from videobar.server.routes import Entry, RouteMatch, Routes, entries_of
from videobar.text import escaped

log = logging.getLogger("videobar.server")

LARGEST_BODY = LARGEST_FILE
"""Maximum size of a request that the device accepts. JSON, and most files, may be less long."""

LARGEST_FROM_STRANGERS = 64 * 1024
"""Without a session there is only the login to send."""

SAFE = frozenset({"GET", "HEAD"})
OPENAPI = "/x/openapi.json"
NO_TOKENS: Mapping[str, str | None] = MappingProxyType({})
API_ROOTS = ("/rest/", "/x/")


class Application:
    """Answers every request, whatever it is; there is no exception to catch and no status 500.

    * `operations` are those of the contract, or the routes made of them once for many.
    * `areas` makes the implementation of the contract for one caller.
    * `gate` raises for an operation that is not allowed to the caller, or not at the moment.
    * `note` gets every request that may have changed something, done or refused.
    * `count` gets every request: its action, or "" where it came to none, the status, and the seconds it took.
    * `tokens` are bearer tokens by the action that they open; `None` opens it to everybody.
    * `openapi` makes the document that `GET /x/openapi.json` sends to everyone; it is called once, at first use.

    Without a session, everything below `/rest` and `/x` but the open actions answers 403 with an HTML page,
    whether the path exists or not. Paths elsewhere answer 404 with an HTML page to anyone.
    """

    def __init__(
        self,
        *,
        operations: Iterable[Operation] | Routes[ActionCodec],
        areas: Callable[[Caller], Areas],
        sessions: Sessions,
        clock: Clock,
        enforce_xsrf: bool = True,
        openapi: Callable[[], Mapping[str, Any]] | None = None,
        gate: Callable[[Caller, Operation], None] = lambda *_: None,
        note: Callable[[AuditedChange], None] = lambda _: None,
        count: Callable[[str, int, float], None] = lambda *_: None,
        tokens: Mapping[str, str | None] = NO_TOKENS,
    ) -> None:
        self._routes = operations if isinstance(operations, Routes) else routes_of(operations)
        self._areas = areas
        self._authenticator = Authenticator(sessions, enforce_xsrf=enforce_xsrf, tokens=tokens)
        self._clock = clock
        self._gate = gate
        self._note = note
        self._count = count
        self._document = None if openapi is None else _Document(openapi)

    async def handle(self, request: HttpRequest) -> HttpResponse:
        """The response to `request`. Only a cancellation gets out of here."""
        started = self._clock.monotonic()
        caller = Caller(request.client)
        try:
            response = await self._answer(request, caller)
        except VideobarError as error:
            response = codec.refusal(error)
        except ClientGone:
            response = HttpResponse(CLIENT_GONE, [])
        except Exception:
            log.exception("an error of the room itself, at %s", request.method)
            response = codec.unexpected()
        if request.method == "HEAD":
            await _drop_body(response)
        seconds = self._clock.monotonic() - started
        self._count(request.action, response.status, seconds)
        log_request(request, response.status, caller.session, seconds)
        return response

    async def _answer(self, request: HttpRequest, caller: Caller) -> HttpResponse:
        if request.path == OPENAPI and self._document is not None:
            return self._document.answer(request.method)
        if not f"{request.path}/".startswith(API_ROOTS):
            return codec.page(404, "Not Found", "There is nothing here.")
        self._authenticator.check_origin(request)
        found = self._find(request)
        if isinstance(found, RouteMatch) and self._authenticator.is_open(request, found.target.operation):
            self._authenticator.recognise(request, caller)
        else:
            await self._authenticator.admit(request, caller)
        if isinstance(found, VideobarError):
            raise found
        before = caller.session
        self._authenticator.check_xsrf(request, caller, found.target.operation)
        operation = found.target.operation
        request.action = operation.id
        try:
            self._gate(caller, operation)
            response = await self._act(request, caller, found)
        except VideobarError as error:
            self._note_change(request, caller, before, operation, error.status, error.reason)
            raise
        self._note_change(request, caller, before, operation, response.status, "")
        _set_cookies(response, before, caller.session)
        return response

    def _note_change(
        self,
        request: HttpRequest,
        caller: Caller,
        before: LoginSession | None,
        operation: Operation,
        status: int,
        reason: str,
    ) -> None:
        """Report what may have changed something; a session that has just ended is still the one that asked."""
        if request.method in SAFE or request.changes == ():
            return
        session = caller.session or before
        self._note(
            AuditedChange(
                at_ms=self._clock.now_ms(),
                user=caller.user or (session.user if session is not None else ""),
                address=caller.address,
                session=session.handle if session is not None else "",
                action=operation.id,
                target=escaped(request.path, LONGEST_PATH),
                status=status,
                reason=reason,
                names=tuple(escaped(name, LONGEST_PATH) for name in request.changes or ()),
            )
        )

    def _find(self, request: HttpRequest) -> RouteMatch[ActionCodec] | VideobarError:
        """Route of a request; an error is kept until it is clear that the caller may see it."""
        try:
            return self._routes.find(request.method, request.path)
        except VideobarError as error:
            return error

    async def _act(
        self, request: HttpRequest, caller: Caller, found: RouteMatch[ActionCodec]
    ) -> HttpResponse:
        action = found.target
        arguments = action.parameters(found.parameters, request.query)
        if action.reads_body:
            largest = action.operation.body_limit
            limit = largest if caller.authenticated else min(largest, LARGEST_FROM_STRANGERS)
            content = await request.read_body(limit)
            arguments.update(action.body(content, request.header(b"content-type")))
            request.changes = action.changes(arguments)
        result = await action.operation.bind(self._areas(caller))(**arguments)
        return action.answer(result)


class _Document:
    """The description of the API, made when somebody first asks for it."""

    def __init__(self, make: Callable[[], Mapping[str, Any]]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> HttpResponse:
        return codec.json_response(200, self._make())

    def answer(self, method: str) -> HttpResponse:
        """The document; a response of its own each time, since headers are added to it later."""
        if method not in ("GET", "HEAD"):
            raise MethodNotAllowed(allowed=("GET", "HEAD"))
        return HttpResponse(self._made.status, list(self._made.headers), self._made.body)


def routes_of(operations: Iterable[Operation]) -> Routes[ActionCodec]:
    """Routes to actions, each with its decoders made once; applications can share them."""
    actions = {operation.id: ActionCodec(operation) for operation in operations}
    entries = entries_of(action.operation for action in actions.values())
    return Routes(Entry(entry.methods, entry.url, actions[entry.target.id]) for entry in entries)


def _set_cookies(response: HttpResponse, before: LoginSession | None, after: LoginSession | None) -> None:
    """Set or expire the cookies when the client's session has begun or ended in this request."""
    if after is before:
        return
    response.headers.extend(logout_cookies() if after is None else login_cookies(after))


async def _drop_body(response: HttpResponse) -> None:
    """Drop the body for `HEAD`, and keep the headers of the whole answer."""
    body, response.body = response.body, b""
    if not isinstance(body, bytes):
        async with aclosing(body):  # type: ignore[type-var]
            pass
