"""Follows a page as its reader would: every command and program, in order, on a machine of its own."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tests.docs import shape, tables
from tests.docs.machine import Machine, is_serve
from tests.docs.pages import Block, Command, blocks, commands

from videobar.cli.rooms import profiles

FRAGMENTS = Path(__file__).with_name("fragments.py")
LOG_LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


class Wrong(AssertionError):
    """What a page says does not hold; the text begins with page and line."""


class Reader:
    """Follows one page. `left_out` collects the entries of `tables.NOT_RUN` that were met."""

    def __init__(self, page: str, machine: Machine, given: dict[str, bytes]) -> None:
        self._page = page
        self._machine = machine
        self._callee: int | None = None
        self.left_out: set[tuple[str, str]] = set()
        self.printed: dict[int, list[str]] = {}
        self._complaints: list[str] = []
        for name, content in given.items():
            (machine.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (machine.folder / name).write_bytes(content)

    def follow(self, text: str) -> None:
        """Run all blocks of a page. Raises `Wrong`."""
        self._prepare()
        fragments: list[Block] = []
        for block in blocks(text):
            match block.language:
                case "console":
                    for command in self._commands(block):
                        self._obey(command)
                case "python" if self._page in tables.FRAGMENTS:
                    fragments.append(block)
                case "python":
                    self._program(block)
                case "toml":
                    self._toml(block)
                case "xml":
                    self._import(block)
                case "yaml":
                    self._leave_out(block.text.splitlines()[0], block.line)
                case "text":
                    pass
                case other:
                    raise self._wrong(block.line, f"nobody runs a block of the language {other!r}")
        if fragments:
            self._fragments(fragments)
        if self._complaints:
            raise Wrong("\n\n".join(self._complaints))

    def _prepare(self) -> None:
        """What the pages that a reader comes from have left."""
        machine = self._machine
        port = machine.port("8443")
        if self._page in tables.DEVICES:
            machine.serve_too(
                f"videobar serve --engine simulated --rooms 2 --port {machine.port('7443')} --data devices",
                VIDEOBAR_ADMIN_PASSWORD=machine.password,
            )
        if self._page not in tables.STARTS:
            machine.environment |= {
                "VIDEOBAR_ROOM": f"127.0.0.1:{port}",
                "VIDEOBAR_PASSWORD": machine.password,
                "VIDEOBAR_ADMIN_PASSWORD": machine.password,
            }
            if self._page in tables.ROOMS:
                self._serve(f"videobar serve {tables.ROOMS[self._page]}")

    def _commands(self, block: Block) -> list[Command]:
        try:
            return commands(block)
        except ValueError as error:
            raise Wrong(f"{self._page}: {error}") from None

    def _obey(self, command: Command) -> None:
        text = tables.INSTALLS.sub("", command.text).replace(".venv/bin/", "")
        if not text.strip():
            return
        if self._left_out(text):
            return
        text = self._here(text)
        if is_serve(text):
            printed = [line for line in self._serve(text) if not LOG_LINE.match(line)]
        else:
            status, printed = self._machine.run(text)
            if status != 0 and not command.shown:
                raise self._wrong(
                    command.line, f"{text}\nends with {status} and prints\n" + "\n".join(printed)
                )
        printed = [self._machine.documented(line) for line in printed]
        self.printed[command.line] = printed
        if command.shown and not shape.matches(list(command.shown), printed):
            self._complaints.append(
                f"{self._page}:{command.line}: "
                f"{text}\nprints\n"
                + "\n".join(printed)
                + "\nand the page shows\n"
                + "\n".join(command.shown),
            )

    def _serve(self, command: str) -> list[str]:
        printed = self._machine.serve(command)
        given = re.search(r"VIDEOBAR_ADMIN_PASSWORD=(\S+)", command)
        serial = re.search(r"password +(\S+) \(the serial number", "\n".join(printed))
        if given or serial:
            self._machine.password = (given or serial)[1]
        if self._page not in tables.STARTS:
            self._machine.run("videobar --trust-first-use volume")
        return printed

    def _program(self, block: Block) -> None:
        done = self._machine.python(self._here_in_python(block.text))
        if done.returncode or done.stderr:
            raise self._wrong(block.line, done.stdout + done.stderr)

    def _fragments(self, found: list[Block]) -> None:
        text = json.dumps([(block.line, self._here_in_python(block.text)) for block in found])
        done = self._machine.python(
            FRAGMENTS.read_text(), text, str(self._machine.port("7443")), self._machine.password
        )
        if done.returncode or done.stderr:
            raise Wrong(f"{self._page}:{done.stdout}{done.stderr}")

    def _toml(self, block: Block) -> None:
        """As what it is: profiles of rooms, rules for invitations, or settings."""
        file = self._machine.folder / f"block{block.line}.toml"
        file.write_text(block.text)
        names = tomllib.loads(block.text)
        try:
            if "address" in names:
                self._machine.try_to_serve(f"--calendar-patterns {file.name}")
            elif all(isinstance(value, dict) for value in names.values()):
                profiles.load(file)
            else:
                self._machine.try_to_serve(f"--config {file.name}")
        except Exception as error:
            raise self._wrong(block.line, f"{type(error).__name__}: {error}") from error

    def _import(self, block: Block) -> None:
        (self._machine.folder / "block.xml").write_text(block.text)
        status, printed = self._machine.run("videobar directory import block.xml")
        if status:
            raise self._wrong(block.line, "\n".join(printed))

    def _left_out(self, text: str) -> bool:
        for page, words in tables.NOT_RUN:
            if page == self._page and text.startswith(words):
                self.left_out.add((page, words))
                return True
        return False

    def _leave_out(self, text: str, line: int) -> None:
        if not self._left_out(text):
            raise self._wrong(line, f"nobody runs {text!r}")

    def _here(self, text: str) -> str:
        """A command as it is typed on this machine."""
        for pattern, stand_in in tables.STAND_INS.items():
            text = re.sub(pattern, stand_in, text)
        if "ada@example.com" in text and self._page in tables.CALLS:
            text = text.replace("ada@example.com", f"room@127.0.0.1:{self._called()}")
        for number, host in enumerate(("10.0.0.5", "10.0.0.6")):
            port = self._device_port() + number
            text = text.replace(f'host = "{host}"', f'host = "127.0.0.1"\nport = {port}')
            text = text.replace(host, f"127.0.0.1:{port}")
        text = re.sub(r"(?<==|\")…", self._machine.password, text)
        return re.sub(tables.PORTS, lambda port: str(self._machine.port(port[0])), text)

    def _here_in_python(self, text: str) -> str:
        text = text.replace('"10.0.0.5"', f'"127.0.0.1", port={self._device_port()}')
        return text.replace('password="..."', f'password="{self._machine.password}"')

    def _device_port(self) -> int:
        return self._machine.port("7443" if self._page in tables.DEVICES else "8443")

    def _called(self) -> int:
        """The SIP port of another room, which answers."""
        if self._callee is None:
            self._callee = self._machine.port("6060")
            self._machine.serve_too(
                f"videobar serve --data callee --port 0 --sip-port {self._callee} --sip-tls false --auto-answer true"
            )
        return self._callee

    def _wrong(self, line: int, what: str) -> Wrong:
        return Wrong(f"{self._page}:{line}: {what}")


def rewritten(text: str, printed: dict[int, list[str]]) -> str:
    """A page with what was really printed, for commands that show an output without `…` of another shape."""
    return "\n".join(_rewritten(text.splitlines(), text, printed)) + "\n"


def _rewritten(lines: list[str], text: str, printed: dict[int, list[str]]) -> Iterator[str]:
    replaced: dict[int, list[str]] = {}
    gone: set[int] = set()
    for block in blocks(text):
        if block.language != "console":
            continue
        for command in commands(block):
            really = "\n".join(printed.get(command.line, [])).strip("\n").split("\n")
            if not command.shown or "…" in "".join(command.shown) or command.line not in printed:
                continue
            if shape.matches(list(command.shown), really):
                continue
            first = command.line + command.text.count("\n") + 1
            replaced[first] = really
            gone.update(range(first, first + len(command.shown)))
    for number, line in enumerate(lines, 1):
        yield from replaced.get(number, [])
        if number not in gone:
            yield line
