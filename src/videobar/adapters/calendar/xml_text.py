"""XML as calendar servers really send it: what strangers wrote into an event stands in it, and not always well.

One event whose text XML cannot hold must not cost the others. So what XML 1.0 forbids is dropped before it is parsed
(section 2.2), and what is no XML still is recovered from, unless the answer breaks off.
"""

from __future__ import annotations

import html
import re
from typing import Any

from videobar.adapters.calendar.icalendar.charsets import decoded

FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
REFERENCE = re.compile(r"&#(?:x([0-9a-fA-F]{1,8})|([0-9]{1,10}));")
ENTITY = re.compile(
    r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,10}|#x[0-9a-fA-F]{1,8});)(?:([A-Za-z][A-Za-z0-9]{1,30});)?"
)
DECLARATION = re.compile(r"<\?xml\s[^>]{0,200}\?>")
ENCODING = re.compile(rb"<\?xml\s[^>]{0,150}?encoding\s{0,5}=\s{0,5}[\"']([A-Za-z0-9._-]{1,40})[\"']")
CDATA = re.compile(r"(<!\[CDATA\[.*?\]\]>)", re.S)


class NotXml(ValueError):
    """The text is no XML, or breaks off."""


def root_of(content: bytes, charset: str = "") -> Any:
    """The root element of a document; `charset` is that of the HTTP header. Raises `NotXml`."""
    from lxml import etree

    declared = ENCODING.search(content[:400])
    text = decoded(content, declared[1].decode() if declared else "", charset)
    text = DECLARATION.sub("", FORBIDDEN.sub("", text).lstrip(), count=1).strip()
    pieces = [
        piece if piece.startswith("<![CDATA[") else ENTITY.sub(_character, REFERENCE.sub(_allowed, piece))
        for piece in CDATA.split(text)
    ]
    plain = "".join(pieces).encode("utf-8", "replace")
    for recover in (False, True):
        parser = etree.XMLParser(
            encoding="utf-8",
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            recover=recover,
        )
        try:
            root = etree.fromstring(plain, parser)
        except (etree.XMLSyntaxError, ValueError):
            continue
        if root is not None and (not recover or _whole(root, plain)):
            return root
    raise NotXml


def _allowed(match: re.Match[str]) -> str:
    """A character reference, unless XML forbids the character."""
    try:
        letter = chr(int(match[1], 16) if match[1] else int(match[2]))
    except (ValueError, OverflowError):
        return ""
    return "" if FORBIDDEN.match(letter) else match[0]


def _character(match: re.Match[str]) -> str:
    """Replacement for an ampersand that XML does not know: a character that HTML names, or itself."""
    named = html.unescape(match[0]) if match[1] else match[0]
    if named == match[0]:
        return "&amp;" + match[0][1:]
    return "".join(f"&#{ord(letter)};" for letter in named)


def _whole(root: Any, text: bytes) -> bool:
    """True if a document that was recovered is complete."""
    name = root.tag.rpartition("}")[2] if isinstance(root.tag, str) else ""
    return bool(re.search(rb"</(?:[\w.-]{1,60}:)?" + re.escape(name.encode()) + rb"\s{0,20}>\s*\Z", text))
