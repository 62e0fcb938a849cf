"""Makes docs/coverage.md: each of the 98 actions, what is behind it, what it is tested against, what was inferred.

`tools/generate.py` writes it. What an action does, how certain its shape is and what was
decided here come from the contract; the tests are those that have the action's path (or its name in the client).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from videobar.contract.index import AREAS, OPERATIONS
from videobar.contract.operation import Certainty, Operation

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "coverage.md"

AGAINST = {
    "e2e/test_calls.py": "baresip",
    "e2e/test_debian.py": "Debian's baresip",
    "e2e/test_sipp.py": "SIPp",
    "e2e/test_registration.py": "Kamailio",
    "e2e/test_video.py": "foreign SIP stacks with video",
    "e2e/test_encryption.py": "baresip, encrypted",
    "e2e/test_two_rooms.py": "a second room",
    "e2e/test_many_parties.py": "several foreign far ends",
    "e2e/test_hold.py": "foreign hold",
    "e2e/test_content.py": "a second room, FFmpeg, unzip, tshark",
    "e2e/test_cameras.py": "a second room, by what its pictures show",
    "e2e/test_sound.py": "PulseAudio",
    "e2e/test_calendar.py": "radicale, baresip",
    "e2e/test_directory.py": "rooms that are killed",
    "adapters/directory/test_ldap.py": "OpenLDAP",
    "e2e/test_controllers.py": "clients of real devices, replayed",
    "e2e/test_reboot.py": "restarts of whole rooms",
    "e2e/test_security.py": "browsers' requests, openssl",
    "e2e/test_killed.py": "kill -9 at any write",
    "e2e/test_full_disk.py": "a full disk",
    "e2e/test_soak.py": "a long mixed load",
    "e2e/test_cli.py": "the command line",
}
"""Tests of whole rooms, or beside something that is not ours, and what they are beside."""

NOTHING_ELSE = "what every action is"

RECORDINGS = {
    "x30-idle": "an X30's recording",
    "x30-ringing": "an X30's recording",
    "group500-in-call": "a Group 500's recording",
}

BEHIND = {
    "audio": "The near sound in the media process: PortAudio devices, files or tones, a mixer, level meters "
    "on every port, noise suppression, an acoustic fence. Volume and mute act on samples, and are "
    "kept over restarts.",
    "calendar": "ICS, CalDAV, Exchange (EWS), Microsoft 365 (Graph) and Google, read in the background into a "
    "cache; meetings are joined by what their invitations say, through the same calls as dialling.",
    "cameras": "Drawn rooms, files, V4L2, RTSP, ONVIF and VISCA cameras, digital pan, tilt and zoom, presets "
    "with thumbnails; what moves is seen in snapshots and by far ends. Far cameras are moved by "
    "H.281 in the call.",
    "collaboration": "Content of this room and of far ends, saved as pictures while it is shown, in files of the "
    "session; it ends with the call, its PIN protects it.",
    "conferences": "Real SIP calls (UDP, TCP, TLS; RTP, SRTP, DTLS-SRTP) with audio, video, content and far "
    "cameras, mixed and composed here for several far ends. Statistics are counted from RTP and "
    "RTCP.",
    "directory": "An SQLite directory with full-text search, groups and favourites, imports and exports; LDAP "
    "servers as the global directory.",
    "mediastats": "What is shared at the moment, with size, rate and picture rate as the media process measures "
    "them.",
    "session": "Sessions in memory, passwords as Argon2 hashes, lock-outs by address and user that survive "
    "restarts.",
    "system": "The room itself: its health asked of each part, its clock, its logs, probes of other hosts "
    "without privileges, restarts by re-execution, resets after a backup. There is no H.323: its "
    "lists are empty and its probes only look.",
    "video": "The near picture hidden for all far ends; of far ends what they signal, stop or blacken.",
}

HEAD = """# The 98 actions, and how far to trust each

Made by `python tools/generate.py`; a test compares the two.

* **Certainty** of the shape: REC recorded from a device, CLI clients of devices depend on it, DOC the vendor's
  guide says it, INF no evidence, decided here. What was decided beyond the evidence stands in the last column.
* **Tested against** names what is not ours, or whole rooms, with which tests use the action. Besides, *every*
  action is answered in the golden exchange (`tests/golden`), checked with generated requests against its OpenAPI
  description, in a running room with real far ends and in one with simulated ones (`tests/e2e/test_schema.py`; the
  two that restart the room are in `test_reboot.py`), and attacked in `tests/test_hostile.py`.

Counts: {counts}.
"""


def described() -> list[Operation]:
    """The 98 that the vendor's guide has."""
    return [operation for operation in OPERATIONS if operation.documented]


def uses(operation: Operation, source: str) -> bool:
    """Whether a test's source asks for the action: its path in a text, or its name in the client."""
    parts = [r"[^/\"'\s?]+" if part.startswith("{") else re.escape(part) for part in operation.url.split("/")]
    path = re.search("/".join(parts) + r"[\"'?]", source)
    named = re.search(rf"\b{operation.area}\.{operation.name}\(", source)
    return bool(named) or (path is not None and method_fits(operation, source, path.start()))


def method_fits(operation: Operation, source: str, at: int) -> bool:
    """Whether the words before a path are of the action's method; where they tell none, any will do."""
    before = source[max(0, at - 40) : at].lower()
    told = [method for method in ("get", "post", "put", "delete") if re.search(rf"\b{method}\b", before)]
    return not told or told[-1].upper() in operation.methods


def recorded() -> dict[str, set[str]]:
    """The action ids in each recording."""
    found = {}
    for name in RECORDINGS:
        exchanges = json.loads((TESTS / "recordings" / f"{name}.json").read_text())["exchanges"]
        found[name] = {exchange["action"] for exchange in exchanges}
    return found


def against(operation: Operation, sources: dict[str, str], recordings: dict[str, set[str]]) -> list[str]:
    """What the action is tested against."""
    labels = [RECORDINGS[name] for name, ids in recordings.items() if operation.id in ids]
    labels += [AGAINST[name] for name, source in sources.items() if uses(operation, source)]
    return list(dict.fromkeys(labels))


def inferred(operation: Operation) -> str:
    """What the contract says was decided here."""
    if decided := operation.decided:
        return decided[0].upper() + decided[1:]
    return "Its shape." if operation.certainty is Certainty.INFERRED else ""


def does(operation: Operation) -> str:
    """What the action does, without what was decided."""
    return " ".join(f"{operation.summary} {operation.description}".split())


def row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def page() -> str:
    """The whole page, as it would be made now."""
    sources = {name: (TESTS / name).read_text() for name in AGAINST}
    recordings = recorded()
    certain = [operation.certainty for operation in described()]
    counts = ", ".join(f"{certain.count(one)} {one.value}" for one in Certainty)
    lines = [HEAD.format(counts=counts)]
    for area in AREAS:
        actions = [operation for operation in described() if operation.area == area]
        if not actions:
            continue
        lines += [f"## {area}", "", BEHIND[area], ""]
        lines += [
            row(["action", "what it does", "certainty", "tested against", "inferred"]),
            row(["---"] * 5),
        ]
        lines += [
            row(
                [
                    f"`{operation.method} {operation.path}`",
                    does(operation),
                    operation.certainty.value,
                    "; ".join(against(operation, sources, recordings)) or NOTHING_ELSE,
                    inferred(operation),
                ]
            )
            for operation in actions
        ]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _rows(text: str) -> Iterator[tuple[list[str], set[str]]]:
    """The lines of a page; of a row of its tables the cells, what it is tested against as a set."""
    tested = 3
    for line in text.splitlines():
        cells = line.strip("| ").split(" | ")
        against = set(cells[tested].split("; ")) - {NOTHING_ELSE} if len(cells) > tested else set()
        yield cells[:tested] + cells[tested + 1 :], against


def is_true(text: str) -> bool:
    """Whether all that a page says holds today; tests that were added since may be missing from it."""
    said, now = list(_rows(text)), list(_rows(page()))
    return [cells for cells, _ in said] == [cells for cells, _ in now] and all(
        tested <= really for (_, tested), (_, really) in zip(said, now, strict=True)
    )
