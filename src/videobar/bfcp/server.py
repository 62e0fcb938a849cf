"""The side that gives the floor (RFC 8855 section 13), to the one client at the other end of a call.

The owner of the server decides whether the client may have the floor: `on_wanted` reports its request, and `grant`,
`deny` or `revoke` answer, then or later.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from videobar.bfcp.association import Association
from videobar.bfcp.message import Attribute, BfcpMessage, MalformedBfcp, numbered, request_status
from videobar.bfcp.vocabulary import AttributeType, ErrorCode, Primitive, RequestStatus

OWN_REQUEST: Final = 0xFFFF
"""The number of the request by which the server's own side holds the floor."""
_PRIMITIVES: Final = (
    Primitive.FLOOR_REQUEST,
    Primitive.FLOOR_RELEASE,
    Primitive.FLOOR_REQUEST_QUERY,
    Primitive.FLOOR_REQUEST_STATUS,
    Primitive.USER_QUERY,
    Primitive.USER_STATUS,
    Primitive.FLOOR_QUERY,
    Primitive.FLOOR_STATUS,
    Primitive.HELLO,
    Primitive.HELLO_ACK,
    Primitive.ERROR,
    Primitive.FLOOR_REQUEST_STATUS_ACK,
    Primitive.FLOOR_STATUS_ACK,
    Primitive.GOODBYE,
    Primitive.GOODBYE_ACK,
)


class FloorServer:
    """Answers a client. `on_wanted` and `on_released` are called when it requests and releases the floor."""

    def __init__(
        self,
        association: Association,
        floor: int,
        *,
        on_wanted: Callable[[], None],
        on_released: Callable[[], None],
    ) -> None:
        self.floor = floor
        self._association = association
        self._on_wanted = on_wanted
        self._on_released = on_released
        self._last_request = 0
        self._request: int | None = None
        """The client's request, pending or granted: there is never more than one."""
        self._status = RequestStatus.PENDING
        self._asked: BfcpMessage | None = None
        """The request, until its answer is sent."""
        self._subscribed = False
        self._held_here = False

    @property
    def granted(self) -> bool:
        """True while the client has the floor."""
        return self._request is not None and self._status is RequestStatus.GRANTED

    @property
    def wanted(self) -> bool:
        """True while the client waits for it."""
        return self._request is not None and not self.granted

    def hear(self, message: BfcpMessage) -> bool:
        """Take a request of the client's; returns whether it was one. Raises `MalformedBfcp`."""
        answers: dict[int, Callable[[BfcpMessage], None]] = {
            Primitive.HELLO: self._hello,
            Primitive.FLOOR_REQUEST: self._floor_request,
            Primitive.FLOOR_RELEASE: self._floor_release,
            Primitive.FLOOR_REQUEST_QUERY: self._floor_request_query,
            Primitive.FLOOR_QUERY: self._floor_query,
            Primitive.USER_QUERY: self._user_query,
            Primitive.GOODBYE: self._goodbye,
            Primitive.CHAIR_ACTION: lambda m: self._association.refuse(m, ErrorCode.UNAUTHORIZED),
        }
        answer = answers.get(message.primitive)
        if answer is None:
            return False
        if message.user != self._association.user:
            self._association.refuse(message, ErrorCode.NO_SUCH_USER)
        else:
            answer(message)
        return True

    def grant(self) -> None:
        """Give the floor to the client that waits for it."""
        self._decide(RequestStatus.GRANTED)

    def deny(self) -> None:
        """Do not give it."""
        if self.wanted:
            self._decide(RequestStatus.DENIED)

    def revoke(self) -> None:
        """Take the floor away from the client, or deny it what it waits for."""
        if self.granted:
            self._decide(RequestStatus.REVOKED)
        else:
            self.deny()

    def hold(self, held: bool) -> None:
        """The floor is ours, or no longer: clients that have queried it get its status."""
        if held is not self._held_here:
            self._held_here = held
            self._tell_status()

    def _decide(self, status: RequestStatus) -> None:
        if self._request is None or self._status is status:
            return
        request_id, self._status = self._request, status
        if status is not RequestStatus.GRANTED:
            self._request = None
        information = self._information(request_id, status)
        asked, self._asked = self._asked, None
        if asked is not None:
            self._association.respond(asked, Primitive.FLOOR_REQUEST_STATUS, information)
        else:
            self._association.notify(Primitive.FLOOR_REQUEST_STATUS, information)
        self._tell_status()

    def _hello(self, message: BfcpMessage) -> None:
        self._association.respond(
            message,
            Primitive.HELLO_ACK,
            Attribute(AttributeType.SUPPORTED_PRIMITIVES, bytes(_PRIMITIVES)),
            Attribute(AttributeType.SUPPORTED_ATTRIBUTES, bytes(kind << 1 for kind in AttributeType)),
        )

    def _floor_request(self, message: BfcpMessage) -> None:
        if message.floors != (self.floor,):
            self._association.refuse(message, ErrorCode.INVALID_FLOOR)
            return
        if self._request is not None:
            self._association.refuse(message, ErrorCode.TOO_MANY_REQUESTS)
            return
        self._last_request = self._last_request % (OWN_REQUEST - 1) + 1
        self._request, self._status, self._asked = self._last_request, RequestStatus.PENDING, message
        self._on_wanted()
        if self._asked is message:
            self._asked = None
            self._association.respond(
                message,
                Primitive.FLOOR_REQUEST_STATUS,
                self._information(self._last_request, RequestStatus.PENDING),
            )

    def _floor_release(self, message: BfcpMessage) -> None:
        named = message.find(AttributeType.FLOOR_REQUEST_ID)
        if named is None:
            raise MalformedBfcp("a release that names no request")
        if named.number != self._request:
            self._association.refuse(message, ErrorCode.NO_SUCH_FLOOR_REQUEST)
            return
        status = RequestStatus.RELEASED if self.granted else RequestStatus.CANCELLED
        self._request = None
        self._association.respond(
            message, Primitive.FLOOR_REQUEST_STATUS, self._information(named.number, status)
        )
        self._on_released()
        self._tell_status()

    def _floor_request_query(self, message: BfcpMessage) -> None:
        named = message.find(AttributeType.FLOOR_REQUEST_ID)
        if named is None or self._request is None or named.number != self._request:
            self._association.refuse(message, ErrorCode.NO_SUCH_FLOOR_REQUEST)
            return
        self._association.respond(
            message, Primitive.FLOOR_REQUEST_STATUS, self._information(self._request, self._status)
        )

    def _floor_query(self, message: BfcpMessage) -> None:
        floors = message.floors
        if any(floor != self.floor for floor in floors):
            self._association.refuse(message, ErrorCode.INVALID_FLOOR)
            return
        self._subscribed = bool(floors)
        self._association.respond(message, Primitive.FLOOR_STATUS, *self._floor_status())

    def _user_query(self, message: BfcpMessage) -> None:
        self._association.respond(message, Primitive.USER_STATUS, *self._requests())

    def _goodbye(self, message: BfcpMessage) -> None:
        self._association.respond(message, Primitive.GOODBYE_ACK)
        self._subscribed = False
        if self._request is not None:
            self._request = None
            self._on_released()

    def _tell_status(self) -> None:
        if self._subscribed:
            self._association.notify(Primitive.FLOOR_STATUS, *self._floor_status())

    def _floor_status(self) -> tuple[Attribute, ...]:
        return (numbered(AttributeType.FLOOR_ID, self.floor), *self._requests())

    def _requests(self) -> tuple[Attribute, ...]:
        requests = [] if self._request is None else [self._information(self._request, self._status)]
        if self._held_here:
            requests.append(self._information(OWN_REQUEST, RequestStatus.GRANTED))
        return tuple(requests)

    def _information(self, request_id: int, status: RequestStatus) -> Attribute:
        user = self._association.user
        beneficiary = user if request_id != OWN_REQUEST else user % 0xFFFF + 1
        return numbered(
            AttributeType.FLOOR_REQUEST_INFORMATION,
            request_id,
            numbered(AttributeType.OVERALL_REQUEST_STATUS, request_id, request_status(status)),
            numbered(AttributeType.FLOOR_REQUEST_STATUS, self.floor),
            numbered(AttributeType.BENEFICIARY_INFORMATION, beneficiary),
        )
