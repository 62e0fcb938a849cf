"""Names of how calls are answered, and of what they may be like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from videobar.assembly.names.behind import Behind
from videobar.assembly.names.kinds import (
    Texts,
    letters,
    number,
    read_only,
    setting,
    state,
    truth,
)
from videobar.errors import InvalidRequest
from videobar.room.system.configuration import (
    Value,
    Variable,
    as_whole_number,
    as_yes_or_no,
)
from videobar.vocabulary import Encryption

ENCRYPTION: Final = {
    Encryption.OFF: "Off",
    Encryption.WHEN_AVAILABLE: "When_Available",
    Encryption.REQUIRED: "Required",
}
"""`When_Available` is recorded, the others are made like it."""
ENCRYPTION_WORDS: Final = {
    "off": Encryption.OFF,
    "available": Encryption.WHEN_AVAILABLE,
    "whenavailable": Encryption.WHEN_AVAILABLE,
    "required": Encryption.REQUIRED,
}
DO_NOT_DISTURB: Final = "Do_Not_Disturb"
ANSWERS: Final = {"yes": "yes", "no": "no", "true": "true", "false": "false", "on": "yes", "off": "no"}
TRUTHS: Final = {"true": "True", "false": "False"}


def answering(behind: Behind) -> Iterator[Variable]:
    """Variables of automatic answering."""
    configured, do_not_disturb = behind.configured, behind.do_not_disturb

    def answers() -> Value:
        if do_not_disturb.enabled:
            return DO_NOT_DISTURB
        written = (configured.as_written("auto_answer") or "").lower()
        return TRUTHS.get(written) or ("Yes" if configured.value("auto_answer") else "No")

    async def answer(value: Value) -> None:
        word = letters(value)
        if word == letters(DO_NOT_DISTURB):
            await do_not_disturb.set_enabled(True)
            return
        if word not in ANSWERS:
            raise InvalidRequest(f"value: must be Yes, No or {DO_NOT_DISTURB}")
        await configured.write({"auto_answer": ANSWERS[word]})
        if do_not_disturb.enabled:
            await do_not_disturb.set_enabled(False)

    yield from state(
        "comm.callsetting.callfeatures.autoanswer.answersinglecall call.autoAnswer.answerP2PCall",
        f"whether calls are answered at once: Yes, No or {DO_NOT_DISTURB}",
        answers,
        answer,
    )
    yield from setting(
        "comm.callsetting.callfeatures.autoanswer.muteautoanswer call.autoAnswer.micMute",
        configured,
        "auto_answer_muted",
        bool,
        truth("auto_answer_muted"),
    )


def calls(behind: Behind) -> Iterator[Variable]:
    """Encryption, rates, recent calls, and what is dialled by."""
    configured, recent = behind.configured, behind.recent

    def encrypt(value: Value) -> Texts:
        wanted = ENCRYPTION_WORDS.get(letters(value))
        if wanted is None:
            raise InvalidRequest(f"value: must be one of {', '.join(ENCRYPTION.values())}")
        return {"encryption": wanted.value}

    yield from setting(
        "comm.callsetting.callfeatures.encryptionenable call.encryption.requireAES",
        configured,
        "encryption",
        ENCRYPTION.__getitem__,
        encrypt,
        f"encryption of media: {', '.join(ENCRYPTION.values())}",
    )
    yield from setting(
        "comm.callpreference.preferredspeed.ipoutgoing call.preferredSpeed.outgoing",
        configured,
        "default_rate",
        int,
        number("default_rate"),
    )
    yield from setting(
        "comm.callpreference.preferredspeed.ipmaxincoming call.preferredSpeed.maxIncoming",
        configured,
        "max_incoming_rate",
        lambda rate: rate or configured.value("default_rate"),
        number("max_incoming_rate"),
    )
    yield from state(
        "uicontrol.apps.recentcalls.enabled call.recentCalls.enable",
        "whether recent calls are shown",
        lambda: recent.shown,
        lambda value: recent.set(shown=as_yes_or_no(value)),
    )
    yield from state(
        "uicontrol.apps.recentcalls.maxnumbertodisplay call.recentCalls.maxNumberToDisplay",
        "how many recent calls are shown, 1 to 1000",
        lambda: recent.most,
        lambda value: recent.set(most=as_whole_number(value)),
    )
    yield from read_only(
        "comm.callsetting.callfeatures.maxtimeincall call.maxTimeInCall",
        "how long a call may last: as long as it likes",
        lambda: "Unlimited",
        "calls are not ended after a time here",
    )
    yield from read_only(
        "comm.callpreference.h239enable call.h239.enable",
        "whether content can be shared beside people",
        lambda: True,
        "content can always be shared",
    )
    dialling = "comm.callpreference.networkdialing."
    for kind in ("video", "voice"):
        for rank, suffix, protocol in ((1, "", "sip"), (2, "1", "")):
            yield from read_only(
                f"{dialling}{kind}dialpreference{suffix} call.{kind}DialPreference.{rank}",
                f"protocol number {rank} that {kind} calls are dialled by",
                lambda protocol=protocol: protocol,  # type: ignore[misc]
                "all calls are dialled by SIP",
            )
