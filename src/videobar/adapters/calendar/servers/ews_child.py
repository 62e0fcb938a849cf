"""Speaks to Exchange by EWS; runs as a process of its own, because `exchangelib` blocks and is large.

    python -m videobar.adapters.calendar.servers.ews_child

It is set up with an account and answers each question for a window with what has changed in it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from videobar.adapters.calendar.child import Answer, serve
from videobar.pem import certificates_in
from videobar.room.calendar.meeting import Changes, Event, Item, Window

MOST_AT_ONCE = 1000
"""Items that Exchange gives in one view; where it gives so many, the span is halved."""
SPAN = timedelta(days=31)
SHORTEST_SPAN = timedelta(hours=1)
DAY_S = 24 * 3600
PER_REQUEST = 50
FIELDS = (
    "uid",
    "recurrence_id",
    "original_start",
    "start",
    "end",
    "is_all_day",
    "subject",
    "location",
    "organizer",
    "required_attendees",
    "optional_attendees",
    "body",
    "sensitivity",
    "is_cancelled",
    "type",
    "my_response_type",
    "net_show_url",
    "meeting_workspace_url",
)


@dataclass(frozen=True)
class EwsAccount:
    """Account of an Exchange server: its URL and the credentials."""

    url: str
    user: str
    password: str = field(repr=False)
    mailbox: str
    ca_file: str = ""
    proxy: str = field(default="", repr=False)


@dataclass(frozen=True)
class Question:
    """Question to the child: changes in a window, given the known change keys."""

    window: Window
    known: dict[str, str]


@dataclass(frozen=True)
class EwsAnswer:
    """Changes, or one of the three kinds of trouble with a text that holds no secret."""

    changes: Changes | None = None
    refused: str = ""
    unreachable: str = ""
    failed: str = ""


class Mailbox:
    """The calendar of one mailbox. Makes the connection at the first question."""

    def __init__(self, account: EwsAccount) -> None:
        self._settings = account
        self._account: Any = None

    def changes(self, question: Question) -> Changes:
        """Items of the window that are not known. Raises what `exchangelib` raises."""
        if self._account is None:
            self._account = self._connect()
        start, end = (
            datetime.fromtimestamp(at, UTC) for at in (question.window.start_s, question.window.end_s)
        )
        there = dict(self._view(start, end))
        wanted = [(name, key) for name, key in there.items() if question.known.get(name) != key]
        gone = frozenset(question.known.keys() - there.keys())
        return Changes([_item(item, there[item.id]) for item in self._fetch(wanted)], gone, "")

    def _connect(self) -> Any:
        from exchangelib import DELEGATE, Account, Configuration, Credentials
        from exchangelib.protocol import BaseProtocol

        settings = self._settings
        if settings.ca_file:
            certificates_in(settings.ca_file)
            BaseProtocol.HTTP_ADAPTER_CLS = _adapter(settings.ca_file)
        if settings.proxy:  # requests, which exchangelib sends through, looks for it there
            os.environ["HTTPS_PROXY"] = os.environ["HTTP_PROXY"] = settings.proxy
            os.environ["NO_PROXY"] = "localhost,127.0.0.1,::1"
        BaseProtocol.USERAGENT = "videobar"
        BaseProtocol.TIMEOUT = 60
        configuration = Configuration(
            service_endpoint=settings.url, credentials=Credentials(settings.user, settings.password)
        )
        return Account(settings.mailbox, config=configuration, access_type=DELEGATE, autodiscover=False)

    def _view(self, start: datetime, end: datetime) -> Iterator[tuple[str, str]]:
        """Names and change keys of all occurrences between two moments."""
        while start < end:
            until = min(start + SPAN, end)
            yield from self._view_within(start, until)
            start = until

    def _view_within(self, start: datetime, end: datetime) -> Iterator[tuple[str, str]]:
        from exchangelib import EWSDateTime

        view = self._account.calendar.view(
            start=EWSDateTime.from_datetime(start), end=EWSDateTime.from_datetime(end), max_items=MOST_AT_ONCE
        )
        found = [(str(name), str(key)) for name, key in view.values_list("id", "changekey")]
        if len(found) < MOST_AT_ONCE or end - start <= SHORTEST_SPAN:
            yield from found
            return
        middle = start + (end - start) / 2
        yield from self._view_within(start, middle)
        yield from self._view_within(middle, end)

    def _fetch(self, wanted: list[tuple[str, str]]) -> Iterator[Any]:
        """The items, without those that are gone meanwhile."""
        if wanted:
            for item in self._account.fetch(wanted, only_fields=list(FIELDS), chunk_size=PER_REQUEST):
                if getattr(item, "start", None) is not None:
                    yield item


def _adapter(ca_file: str) -> type[Any]:
    import requests.adapters

    class Trusting(requests.adapters.HTTPAdapter):  # type: ignore[misc,unused-ignore]
        """Verifies by the system's authorities and those of the settings."""

        def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
            super().cert_verify(conn, url, ca_file, cert)  # type: ignore[no-untyped-call,unused-ignore]

    return Trusting


def _item(item: Any, change_key: str) -> Item:
    recurring = item.type in ("Occurrence", "Exception")
    original = item.recurrence_id or item.original_start or item.start
    whole_days = not isinstance(item.start, datetime)
    attendees = [*(item.required_attendees or ()), *(item.optional_attendees or ())]
    mailboxes = [item.organizer, *(each.mailbox for each in attendees)]
    return Item(
        str(item.id),
        change_key,
        Event(
            uid=str(item.uid or item.id),
            occurrence=_moment(original) if recurring else "",
            start_s=int(_moment(item.start)),
            end_s=int(_moment(item.end))
            + (DAY_S if whole_days else 0),  # the library gives the last of the days
            subject=item.subject or "",
            organizer=_person(item.organizer),
            location=item.location or "",
            body=str(item.body or ""),
            required=tuple(_person(each.mailbox) for each in item.required_attendees or ()),
            optional=tuple(_person(each.mailbox) for each in item.optional_attendees or ()),
            links=tuple(str(link) for link in (item.net_show_url, item.meeting_workspace_url) if link),
            people=tuple(
                each.email_address.lower() for each in mailboxes if each is not None and each.email_address
            ),
            cancelled=bool(item.is_cancelled),
            private=item.sensitivity in ("Private", "Confidential", "Personal"),
            recurring=recurring,
            declined=item.my_response_type == "Decline",
            whole_days=whole_days,
        ),
    )


def _moment(at: Any) -> str:
    """Epoch seconds as text; a day begins at midnight UTC here."""
    if not isinstance(at, datetime):
        at = datetime(at.year, at.month, at.day, tzinfo=UTC)
    return str(int(at.timestamp()))


def _person(mailbox: Any) -> str:
    return "" if mailbox is None else str(mailbox.name or mailbox.email_address or "")


def answered(mailbox: Mailbox, question: Question) -> EwsAnswer:
    """The answer to a question, whatever happens. Texts of foreign errors are not passed on: they may hold secrets."""
    from exchangelib import errors
    from requests.exceptions import ConnectionError as NotConnected
    from requests.exceptions import SSLError, Timeout

    try:
        return EwsAnswer(mailbox.changes(question))
    except (errors.UnauthorizedError, errors.ErrorAccessDenied) as error:
        return EwsAnswer(refused=type(error).__name__)
    except (SSLError, errors.TransportError) as error:
        if "certificate verify failed" in str(error).lower():  # exchangelib passes on the text only
            return EwsAnswer(failed="its certificate cannot be verified")
        return EwsAnswer(unreachable=type(error).__name__)
    except (NotConnected, Timeout, errors.ErrorServerBusy, errors.ErrorTimeoutExpired, OSError) as error:
        return EwsAnswer(unreachable=type(error).__name__)
    except Exception as error:
        return EwsAnswer(failed=type(error).__name__)


def _set_up(content: bytes) -> Answer:
    account = msgspec.msgpack.decode(content, type=EwsAccount)
    mailbox = Mailbox(account)
    decoder = msgspec.msgpack.Decoder(Question)
    return lambda question: msgspec.msgpack.encode(answered(mailbox, decoder.decode(question)))


if __name__ == "__main__":
    serve(_set_up)
