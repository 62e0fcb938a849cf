"""A CalDAV server that gives what it was told to give, byte by byte, as no server does that reads what it keeps."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

from lxml import etree

SPACES = 'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"'
CALENDAR = "/calendars/room/"

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Dav:
    """One calendar. `events` are calendar objects by name, served in this order; what they hold is not looked at.

    `spoil` changes each multi-status before it is sent, `fails` names events over which the server fails, `home` is
    what it says of where calendars are, `gone_by` how a deletion is reported, and `refused` are calendars that it lists
    and answers with a status of their own.
    """

    events: dict[str, str] = field(default_factory=dict)
    home: str = "/calendars/"
    spoil: Callable[[bytes], bytes] = bytes
    fails: set[str] = field(default_factory=set)
    gone_by: str = "propstat"
    refused: dict[str, int] = field(default_factory=dict)
    content_type: str = 'application/xml; charset="utf-8"'
    asked: list[tuple[str, str]] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    version: int = 1

    def put(self, name: str, text: str) -> None:
        """Have an event."""
        self.events[f"{CALENDAR}{name}.ics"] = text
        self.version += 1

    def delete(self, name: str) -> None:
        """Have it no more."""
        del self.events[f"{CALENDAR}{name}.ics"]
        self.gone.append(f"{CALENDAR}{name}.ics")
        self.version += 1

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        """The answer to a request."""
        self.asked.append((method, path))
        if path in self.refused:
            return self.refused[path], {}, b""
        if method == "PROPFIND" and path == CALENDAR:
            return self._status(self._about_calendar(path))
        if method == "PROPFIND" and path == "/calendars/":
            return self._status(*map(self._about_calendar, dict.fromkeys((CALENDAR, *self.refused))))
        if method == "PROPFIND":
            principal = "<d:current-user-principal><d:href>/principal/</d:href></d:current-user-principal>"
            home = f"<c:calendar-home-set><d:href>{self.home}</d:href></c:calendar-home-set>"
            return self._status(_found(path, home if path == "/principal/" else principal))
        if method != "REPORT":
            return 405, {}, b""
        root = etree.fromstring(body)
        kind = etree.QName(root).localname
        if kind == "sync-collection":
            return self._status(*self._since(), after=f"<d:sync-token>urn:{self.version}</d:sync-token>")
        if kind == "calendar-multiget":
            hrefs = [each.text or "" for each in root.iter("{DAV:}href")]
            if any(name in href for href in hrefs for name in self.fails):
                return 500, {}, b"<html>Internal error</html>"
            rows = [
                _found(href, f"<d:getetag>{self._etag(href)}</d:getetag>{self._data(href)}")
                for href in self.events
                if href in hrefs
            ]
            return self._status(*rows)
        return self._status(
            *[_found(href, f"<d:getetag>{self._etag(href)}</d:getetag>") for href in self.events]
        )

    def _since(self) -> Iterator[str]:
        for href in self.events:
            yield _found(href, f"<d:getetag>{self._etag(href)}</d:getetag>")
        for href in self.gone:
            if self.gone_by == "propstat":
                yield (
                    f"<d:response><d:href>{href}</d:href><d:propstat><d:prop><d:getetag/></d:prop>"
                    "<d:status>HTTP/1.1 404 Not Found</d:status></d:propstat></d:response>"
                )
            else:
                yield f"<d:response><d:href>{href}</d:href><d:status>HTTP/1.1 404 Not Found</d:status></d:response>"

    def _about_calendar(self, path: str) -> str:
        return _found(
            path,
            "<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>"
            f"<d:sync-token>urn:{self.version}</d:sync-token>",
        )

    def _etag(self, href: str) -> str:
        return f'"{hash(self.events[href])}"'

    def _data(self, href: str) -> str:
        return f"<c:calendar-data>{escape(self.events[href])}</c:calendar-data>"

    def _status(self, *rows: str, after: str = "") -> Answer:
        text = f"<?xml version='1.0' encoding='utf-8'?><d:multistatus {SPACES}>{''.join(rows)}{after}</d:multistatus>"
        return 207, {"Content-Type": self.content_type}, self.spoil(text.encode("utf-8", "surrogatepass"))

    @contextmanager
    def served(self) -> Iterator[str]:
        """Serve it by HTTP on a port of this machine; gives the address."""
        dav = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline(65537)
                if not self.raw_requestline or not self.parse_request():
                    self.close_connection = True
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, headers, content = dav.answer(self.command, self.path, body)
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def _found(href: str, properties: str) -> str:
    return (
        f"<d:response><d:href>{href}</d:href><d:propstat><d:prop>{properties}</d:prop>"
        "<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
    )
