"""Texts of a far end: Reason, reason phrase, product and Retry-After."""

from __future__ import annotations

import re

from videobar.sip.syntax.grammar import quote
from videobar.sip.syntax.message import Message, Response


def reason_header(status: int, text: str) -> str:
    """Value of a Reason header (RFC 3326): the cause of a BYE."""
    return f"SIP;cause={status};text={quote(text)}"


def reason_text(message: Message) -> str:
    """The text of a Reason header (RFC 3326), at most 200 characters; empty where there is none."""
    found = re.search(r';\s*text="((?:[^"\\]|\\.)*)"', message.headers.get("reason") or "")
    return _presentable(re.sub(r"\\(.)", r"\1", found[1])) if found else ""


def reason_phrase(response: Response) -> str:
    """The phrase beside a response's status, at most 200 characters."""
    return _presentable(response.reason)


def retry_after(response: Response) -> int | None:
    """The seconds of Retry-After (RFC 3261 section 20.33), whose comment and parameters are passed over."""
    seconds = re.match(r"\d{1,9}(?=[ \t;(]|\Z)", response.headers.get("retry-after") or "", re.ASCII)
    return int(seconds[0]) if seconds else None


def agent_of(message: Message) -> str:
    """Product in User-Agent or Server, at most 200 characters; empty where there is none."""
    return _presentable(message.headers.get("user-agent") or message.headers.get("server") or "")


def _presentable(text: str) -> str:
    """A far end's text without the bytes that are no UTF-8, at most 200 characters."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")[:200]
