"""Earlier messages that are quoted or forwarded within an invitation, as mail programs of many languages write them."""

# ruff: noqa: RUF001 (colons of other scripts)

from __future__ import annotations

import re
from itertools import islice
from typing import Final

MOST_MESSAGES: Final = 200
"""Earlier messages of one text; the last one has the rest."""

_RULED = "|".join(
    (
        *("origin", "ursprüng", "forward", "weiterge", "transf", "reenvi", "encaminh", "inoltr", "doorgest"),
        *("oorspronk", "vidarebef", "videresend", "alkuper", "przekaz", "пересы", "исходн", "元の", "転送"),
        *("转发", "原始", "轉寄", "원본", "전달"),
    )
)
_FROM = "From|Von|De|Da|Van|Från|Fra|Od|Lähettäjä|От|差出人|发件人|寄件者|보낸 사람"
_SENT = "|".join(
    (
        *("Sent", "Date", "When", "Gesendet", "Datum", "Wann", "Envoyé", "Quand", "Enviad[oa](?: el| em)?"),
        *("Fecha", "Cuándo", "Data", "Inviato", "Verzonden", "Skickat", "Sendt", "Lähetetty", "Wysłano"),
        *("Отправлено", "送信日時", "日時", "日付", "发送时间", "寄件日期", "보낸 날짜"),
    )
)
_WROTE = (
    "wrote|schrieb(?: [^\n]{1,100})?|a écrit|escribió|escreveu|ha scritto|schreef|skrev|kirjoitti|написал"
)
BEGIN: Final = re.compile(
    "^(?:"
    "(?:>[^\n]*(?:\n|\\Z))+"
    f"|-{{4,}} ?[^-\n]{{0,30}}(?:{_RULED})[^-\n]{{0,30}}-{{4,}}"
    f"|(?:{_FROM}) ?[:：][^\n]{{1,300}}\n(?:[^\n]{{0,300}}\n){{0,2}}?(?:{_SENT}) ?[:：]"
    f"|[^\n]{{4,200}}\\b(?:{_WROTE}) ?[:：] {{0,3}}$"
    ")",
    re.I | re.M,
)
"""Quotation marks, a ruled heading, the head of a message, or who wrote what follows."""


def messages(text: str) -> list[str]:
    """The newest message, which may be empty, and then the earlier ones that it quotes, the later ones first."""
    begins = [match.start() for match in islice(BEGIN.finditer(text), MOST_MESSAGES)]
    return [text[begin:end] for begin, end in zip([0, *begins], [*begins, len(text)], strict=True)]
