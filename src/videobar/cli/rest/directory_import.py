"""`videobar directory import FILE`: the import of entries, with its progress."""

from __future__ import annotations

import mimetypes

from videobar.cli.command.arguments import Act, Argument, Command, Kind, Options, Surroundings, UsageError
from videobar.cli.output.views import Answer
from videobar.cli.rest.actions import DEFAULT_MEDIA_TYPE, read
from videobar.contract.index import Areas
from videobar.contract.model import Upload
from videobar.contract.operation import Danger

AREA = "directory"
MEGABYTE = 1_000_000


def commands() -> tuple[Command, ...]:
    """The one command."""
    return (
        Command(
            (AREA, "import"),
            "Import entries from a file, and show how far it is",
            (
                Argument("file", "the file, - for standard input", (), "FILE", required=True, is_file=True),
                Argument(
                    "partial", "import the rest where something is wrong", ("--partial",), kind=Kind.YES_NO
                ),
            ),
            _prepare,
            "XML of this project or of phones, vCard or CSV, whichever it is. All of the file is imported or, "
            "with the lines that are wrong, nothing; with --partial, what can be read.",
            Danger.DELETES,
        ),
    )


def _prepare(options: Options) -> Act:
    source: str = options.file if options.file == "-" else f"@{options.file}"
    content = read(source)
    if not content:
        raise UsageError(f"{options.file}: is empty")
    media_type = mimetypes.guess_type(source)[0] or DEFAULT_MEDIA_TYPE

    async def act(room: Areas, around: Surroundings) -> Answer:
        def tell(sent: int) -> None:
            if sent < len(content):
                of = f"{sent / MEGABYTE:.1f} of {len(content) / MEGABYTE:.1f} MB"
                around.tell(f"sending {of}, {sent * 100 // len(content)} %")
            else:
                around.tell("sent; the room reads it")

        result = await room.directory.import_entries(Upload(media_type, content, tell), bool(options.partial))
        shown = (
            f"{result.entries} entries and {result.groups} groups: "
            f"{result.added} added, {result.updated} updated, {result.skipped} as they were"
        )
        if result.left_out:
            complaints = result.complaints or ()
            shown += "".join(f"\n{each}" for each in (f"{result.left_out} left out:", *complaints))
        return Answer(result, shown)

    return act
