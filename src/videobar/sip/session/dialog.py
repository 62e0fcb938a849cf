"""Dialogs (RFC 3261 section 12): identity, route set, remote target and sequence numbers."""

from __future__ import annotations

from dataclasses import dataclass

from videobar.sip.errors import MalformedMessage
from videobar.sip.syntax.message import Message, Request, Response
from videobar.sip.syntax.uri import NameAddr, SipUri

MAX_ROUTES = 20
"""Longest route set that is accepted."""


@dataclass
class Dialog:
    """Dialog: its state at one of the two ends.

    `local` and `remote` carry the tags. `remote_sequence` is None until the far end has sent a request.
    """

    call_id: str
    local: NameAddr
    remote: NameAddr
    remote_target: SipUri
    route_set: tuple[NameAddr, ...]
    local_sequence: int
    remote_sequence: int | None = None
    secure: bool = False
    """True if the call was made to a `sips:` URI, so that all of it must be (section 12.1)."""

    @classmethod
    def for_uac(cls, invite: Request, response: Response) -> Dialog:
        """Dialog at the UAC, from a response with a To tag (section 12.1.2).

        A response without Contact, which is an error of the peer, leaves the Request-URI as the target.

        Raises:
            MalformedMessage: the response's headers cannot be read.
        """
        target = contact_of(response) or invite.uri
        if not isinstance(target, SipUri):
            raise MalformedMessage("the Contact is not a SIP URI")
        return cls(
            call_id=invite.call_id,
            local=invite.from_,
            remote=response.to,
            remote_target=target,
            route_set=tuple(reversed(_routes(response))),
            local_sequence=invite.cseq,
            secure=_is_secure(invite),
        )

    @classmethod
    def for_uas(cls, invite: Request, local_tag: str, first_sequence: int) -> Dialog:
        """Dialog at the UAS (section 12.1.1).

        Raises:
            MalformedMessage: there is no SIP URI in Contact, or a header cannot be read.
        """
        target = contact_of(invite)
        if target is None:
            raise MalformedMessage("the Contact header is missing")
        return cls(
            call_id=invite.call_id,
            local=invite.to.with_tag(local_tag),
            remote=invite.from_,
            remote_target=target,
            route_set=tuple(_routes(invite)),
            local_sequence=first_sequence,
            remote_sequence=invite.cseq,
            secure=_is_secure(invite),
        )

    @property
    def next_hop(self) -> SipUri:
        """Next hop of a request: the first route, or the remote target."""
        first = self.route_set[0].uri if self.route_set else None
        return first if isinstance(first, SipUri) else self.remote_target

    def is_with(self, remote_tag: str) -> bool:
        """True if the far end of this dialog has that tag."""
        return self.remote.tag == remote_tag

    def new_request(self, method: str, *, sequence: int | None = None) -> Request:
        """A request within the dialog, still without Via (section 12.2.1.1).

        `sequence` is for an ACK, which repeats the INVITE's; any other request takes the next number.
        """
        if sequence is None:
            self.local_sequence += 1
            sequence = self.local_sequence
        target, routes = self._target_and_routes()
        return Request.create(
            method,
            target,
            from_=str(self.local),
            to=str(self.remote),
            call_id=self.call_id,
            cseq=sequence,
            routes=routes,
        )

    def admit(self, request: Request) -> bool:
        """Take the number of a request; False if it is out of order (section 12.2.2)."""
        if self.remote_sequence is not None and request.cseq <= self.remote_sequence:
            return False
        self.remote_sequence = request.cseq
        return True

    def refresh_target(self, message: Message) -> None:
        """Take a new remote target from a target refresh request or its 2xx; an unusable Contact changes nothing."""
        try:
            self.remote_target = contact_of(message) or self.remote_target
        except MalformedMessage:
            return

    def _target_and_routes(self) -> tuple[str, list[str]]:
        target = str(self.remote_target.without("method"))
        if not self.route_set:
            return target, []
        first = self.route_set[0].uri
        if not isinstance(first, SipUri) or first.parameter("lr") is not None:
            return target, [str(route) for route in self.route_set]
        # A strict router of RFC 2543 finds itself in the Request-URI, and the target at the end of the route.
        rest = [str(route) for route in self.route_set[1:]]
        return str(first.without("method")), [*rest, f"<{target}>"]


def contact_of(message: Message) -> SipUri | None:
    """The SIP URI of the first Contact; None where there is no Contact.

    Raises:
        MalformedMessage: the Contact is not a SIP URI.
    """
    if message.headers.get("contact") is None:
        return None
    contacts = message.addresses("contact")
    if not contacts or not isinstance(contacts[0].uri, SipUri):
        raise MalformedMessage("the Contact is not a SIP URI")
    return contacts[0].uri.without()


def is_focus(message: Message) -> bool:
    """True if the sender says that it is a conference (`;isfocus` in Contact, RFC 4579)."""
    try:
        contacts = message.addresses("contact")
    except MalformedMessage:
        return False
    return bool(contacts) and contacts[0].parameter("isfocus") is not None


def _is_secure(invite: Request) -> bool:
    uri = invite.uri
    return isinstance(uri, SipUri) and uri.scheme == "sips"


def _routes(message: Message) -> list[NameAddr]:
    routes = message.addresses("record-route")
    if len(routes) > MAX_ROUTES:
        raise MalformedMessage("the route set is too long")
    return routes
