"""The text of an invitation's body, whether it is HTML or not, with the targets of its links."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qs, urlsplit

MOST_HTML = 256 * 1024
"""Characters of a body that are looked at; what makes HTML long is its styles."""

LOOKS_LIKE_HTML = re.compile(
    r"<(?:html|body|head|p|br|div|span|a|table|b|i|u|ul|li|font|!doctype)\b[^<>]{0,500}/?>", re.I
)
TAG = re.compile(r"<[^<>]{0,4000}>")
UNWANTED = re.compile(r"[^\S\n]+")
EMPTY_LINES = re.compile(r"\n\s{0,2000}\n")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
"""Control characters, and those that make text run the other way or cannot be seen."""
WRAPPED = re.compile(
    r"https://(?:[\w-]{1,63}\.safelinks\.protection\.outlook\.com/|www\.google\.com/url\?)[^\s<>\"']{1,3000}",
    re.I,
)
NUMBER_ALONE = re.compile(r"tel:(?://)?\+?(?:[\d ().-]|%20|%28|%29|%2[bBdD]){2,40}", re.I)
"""A telephone link without the digits of a conference, as mail programs make of numbers in signatures."""
LINE_ENDS = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "table", "hr"})
SILENT = frozenset({"style", "script", "head", "title"})


def plain_text(body: str) -> str:
    """Readable text; a link whose target is not in its text is followed by it, unless it is somebody's telephone.

    Never raises for what is in `body`.
    """
    body = body[:MOST_HTML]
    text = _of_html(body) if LOOKS_LIKE_HTML.search(body[:4096]) else body
    return unwrapped(tidy(text, keep_lines=True))


def tidy(text: str, *, keep_lines: bool = False) -> str:
    """Text without control characters and needless white space; on one line unless lines are to be kept."""
    text = CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " "))
    text = text.encode("utf-8", "replace").decode()
    text = UNWANTED.sub(" ", text)
    return EMPTY_LINES.sub("\n\n", text).strip() if keep_lines else " ".join(text.split())


def unwrapped(text: str) -> str:
    """Links as they were before a mail system led them through its own checks."""

    def target(match: re.Match[str]) -> str:
        try:
            query = parse_qs(urlsplit(html.unescape(match[0])).query, max_num_fields=20)
        except ValueError:
            return match[0]
        return (query.get("url") or query.get("q") or [match[0]])[0]

    return WRAPPED.sub(target, text)


def _of_html(body: str) -> str:
    from lxml import etree

    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        parser.feed(body.encode("utf-8", "replace"))
        root = parser.close()
    except (etree.LxmlError, ValueError):
        return html.unescape(TAG.sub(" ", body))
    if root is None:
        return ""
    parts: list[str] = []
    links: list[str] = []
    silent = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            silent += tag in SILENT
            if tag in LINE_ENDS:
                parts.append("\n")
            if tag == "a":
                links.append(element.get("href") or "")
            if element.text and not silent:
                parts.append(element.text)
            continue
        silent -= tag in SILENT
        if tag == "a" and links:
            target = links.pop()
            if target and target not in "".join(parts[-4:]) and not NUMBER_ALONE.fullmatch(target.strip()):
                parts.append(f" {target} ")
        if tag in LINE_ENDS and tag != "br":
            parts.append("\n")
        if element.tail and not silent:
            parts.append(element.tail)
    return "".join(parts)
