"""The side that asks for the floor (RFC 8855 section 10), for the one floor of a call."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from videobar.bfcp.association import Association
from videobar.bfcp.message import Attribute, BfcpMessage, MalformedBfcp, numbered
from videobar.bfcp.vocabulary import AttributeType, ErrorCode, Primitive, RequestStatus


class Holding(StrEnum):
    """State of our floor request."""

    NONE = "none"
    ASKED = "asked"
    HELD = "held"


_ENDS: Final = (
    RequestStatus.DENIED,
    RequestStatus.CANCELLED,
    RequestStatus.RELEASED,
    RequestStatus.REVOKED,
)


class FloorClient:
    """Asks for a floor and gives it back.

    `on_change` is called after every change of `holding`, `on_others` when somebody else begins or ceases to hold it.
    """

    def __init__(
        self,
        association: Association,
        floor: int,
        on_change: Callable[[Holding], None] = lambda _: None,
        on_others: Callable[[bool], None] = lambda _: None,
    ) -> None:
        self.floor = floor
        self.holding = Holding.NONE
        self._association = association
        self._on_change = on_change
        self._on_others = on_others
        self._others_hold = False
        self._request_id: int | None = None

    def hello(self) -> None:
        """Send Hello, and query the floor, which subscribes to its status (sections 10.2 and 12.1)."""
        self._association.request(Primitive.HELLO, answered=self._heard_hello)

    def ask(self) -> None:
        """Ask for the floor, unless it is ours or asked for."""
        if self.holding is not Holding.NONE:
            return
        self._become(Holding.ASKED)
        self._association.request(
            Primitive.FLOOR_REQUEST,
            numbered(AttributeType.FLOOR_ID, self.floor),
            answered=self._heard_of_request,
        )

    def give_back(self) -> None:
        """Release the floor, or stop asking for it."""
        request_id, self._request_id = self._request_id, None
        if request_id is not None:
            self._release(request_id)
        self._become(Holding.NONE)

    def hear(self, message: BfcpMessage) -> bool:
        """Take a notice of the server's; returns whether it was for a client. Raises `MalformedBfcp`."""
        if message.primitive == Primitive.FLOOR_REQUEST_STATUS:
            self._take_status(message)
        elif message.primitive == Primitive.FLOOR_STATUS:
            self._take_floor_status(message)
        else:
            return False
        return True

    def _heard_hello(self, answer: BfcpMessage | None) -> None:
        if answer is not None and answer.primitive == Primitive.HELLO_ACK:
            self._association.request(
                Primitive.FLOOR_QUERY,
                numbered(AttributeType.FLOOR_ID, self.floor),
                answered=self._heard_of_floor,
            )

    def _heard_of_floor(self, answer: BfcpMessage | None) -> None:
        if answer is not None and answer.primitive == Primitive.FLOOR_STATUS:
            self._take_floor_status(answer)

    def _take_floor_status(self, message: BfcpMessage) -> None:
        if self.floor not in message.floors:
            return
        others = any(
            each.kind == AttributeType.FLOOR_REQUEST_INFORMATION
            and status_of(each) is RequestStatus.GRANTED
            and not self._is_ours(each)
            for each in message.attributes
        )
        if others is not self._others_hold:
            self._others_hold = others
            self._on_others(others)

    def _heard_of_request(self, answer: BfcpMessage | None) -> None:
        if answer is None or answer.primitive != Primitive.FLOOR_REQUEST_STATUS:
            self._become(Holding.NONE)
            return
        try:
            information = _information_of(answer)
        except MalformedBfcp:
            self._become(Holding.NONE)
            return
        if self.holding is Holding.NONE:
            self._release(information.number)  # given back before it was answered
            return
        self._request_id = information.number
        self._take_status(answer)

    def _take_status(self, message: BfcpMessage) -> None:
        information = _information_of(message)
        if information.number != self._request_id:
            return
        status = status_of(information)
        if status is RequestStatus.GRANTED:
            self._become(Holding.HELD)
        elif status in _ENDS:
            self._request_id = None
            self._become(Holding.NONE)

    def _is_ours(self, information: Attribute) -> bool:
        """True if a request is ours, also where this overtook the answer that names its number."""
        beneficiaries = [
            each for each in information.members if each.kind == AttributeType.BENEFICIARY_INFORMATION
        ]
        ours = any(each.number == self._association.user for each in beneficiaries)
        return ours or information.number == self._request_id

    def _release(self, request_id: int) -> None:
        self._association.request(
            Primitive.FLOOR_RELEASE,
            numbered(AttributeType.FLOOR_REQUEST_ID, request_id),
            answered=lambda _: None,
        )

    def _become(self, holding: Holding) -> None:
        if self.holding is not holding:
            self.holding = holding
            self._on_change(holding)


def _information_of(message: BfcpMessage) -> Attribute:
    information = message.find(AttributeType.FLOOR_REQUEST_INFORMATION)
    if information is None:
        raise MalformedBfcp("a floor request status that names no request", ErrorCode.UNPARSABLE)
    return information


def status_of(information: Attribute) -> RequestStatus | None:
    """Request status of a FLOOR-REQUEST-INFORMATION: as a whole, or else that of its first floor."""
    for kind in (AttributeType.OVERALL_REQUEST_STATUS, AttributeType.FLOOR_REQUEST_STATUS):
        for group in information.members:
            if group.kind == kind:
                for member in group.members:
                    if member.kind == AttributeType.REQUEST_STATUS:
                        return member.status
    return None
