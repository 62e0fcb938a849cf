"""A room that writes down what it is asked, and the command line to ask it with."""

from __future__ import annotations

import contextlib
import io
import sys
import types
from dataclasses import dataclass, field

import msgspec
import pytest
from msgspec import inspect as kinds

from videobar.cli import main as cli
from videobar.contract.index import AREAS, OPERATIONS
from videobar.contract.model import Download


def sample(kind):
    """A value of that type, as plain JSON: the first word of every enum, 1 for every number."""
    match kind:
        case kinds.Metadata():
            return sample(kind.type)
        case kinds.UnionType():
            return sample(kind.types[0])
        case kinds.StructType():
            return {one.encode_name: sample(one.type) for one in kind.fields if one.required}
        case kinds.ListType():
            return [sample(kind.item_type)]
        case kinds.EnumType():
            return next(iter(kind.cls)).value
        case kinds.LiteralType():
            return kind.values[0]
        case kinds.BoolType():
            return True
        case kinds.IntType() | kinds.FloatType():
            return max(1, kind.ge or 1)
        case kinds.StrType():
            return "1" if kind.pattern else "text"
        case kinds.NoneType():
            return None
    raise AssertionError(kind)


async def chunks(*content: bytes):
    for chunk in content:
        yield chunk


@dataclass
class RecordingRoom:
    """Implements `Areas`: writes calls down, and answers with `answers` by action id, or with a sample."""

    name: str = ""
    calls: list[tuple[str, dict]] = field(default_factory=list)
    answers: dict[str, object] = field(default_factory=dict)
    entered: int = 0
    left: int = 0
    sessions: int = 0
    """Sessions that are kept."""

    def __post_init__(self):
        for area in AREAS:
            setattr(self, area, types.SimpleNamespace())
        for operation in OPERATIONS:
            setattr(getattr(self, operation.area), operation.name, self._method(operation))

    def _method(self, operation):
        names = [p.python_name for p in (*operation.path_parameters, *operation.query_parameters)]
        names += [operation.body.python_name] if operation.body else []

        async def method(*positional, **named):
            arguments = dict(zip(names, positional, strict=False)) | named
            assert set(arguments) <= set(names)
            self.calls.append((operation.id, arguments))
            if operation.id in self.answers:
                answer = self.answers[operation.id]
                if isinstance(answer, list) and answer and isinstance(answer[0], Turn):
                    answer = (answer.pop(0) if len(answer) > 1 else answer[0]).value
                if isinstance(answer, BaseException):
                    raise answer
                return answer
            if operation.returns is Download:
                return Download("application/x-tar", "logs.tar", chunks(b"one", b"two"), 6)
            if operation.returns is None:
                return None
            return msgspec.convert(sample(kinds.type_info(operation.returns)), operation.returns)

        return method

    async def log_out(self):
        ended, self.sessions = self.sessions, 0
        return ended or None

    async def __aenter__(self):
        self.entered += 1
        return self

    async def __aexit__(self, *_):
        self.left += 1


@dataclass(frozen=True)
class Turn:
    """One of several answers, given one after the other; the last one stays."""

    value: object


@dataclass(frozen=True)
class Run:
    status: int
    out: str
    err: str
    raw: bytes = b""

    @property
    def lines(self):
        return self.out.splitlines()

    @property
    def json(self):
        return msgspec.json.decode(self.out)


class Terminal(io.TextIOWrapper):
    """Standard input, output or error, kept in memory; a terminal if wanted."""

    def __init__(self, content: bytes = b"", *, is_terminal: bool = False, encoding="utf-8") -> None:
        super().__init__(io.BytesIO(content), encoding=encoding)
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal

    def close(self) -> None:
        pass

    @property
    def written(self) -> bytes:
        self.flush()
        return self.buffer.getvalue()


@dataclass
class CommandLine:
    """Runs `videobar …` in this process against recording rooms by name."""

    monkeypatch: pytest.MonkeyPatch
    rooms: dict[str, RecordingRoom] = field(default_factory=dict)
    opened: list[tuple[object, str | None]] = field(default_factory=list)

    def room(self, name: str = "lobby") -> RecordingRoom:
        return self.rooms.setdefault(name, RecordingRoom(name))

    def connect(self, target, password):
        self.opened.append((target, password))
        return self.room(target.name)

    def __call__(self, *arguments: str, stdin: bytes = b"", terminal: bool = False, encoding="utf-8") -> Run:
        streams = {
            "stdin": Terminal(stdin, is_terminal=terminal),
            "stdout": Terminal(is_terminal=terminal, encoding=encoding),
            "stderr": Terminal(is_terminal=terminal, encoding=encoding),
        }
        with contextlib.ExitStack() as stack:
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            for name, stream in streams.items():
                patch.setattr(sys, name, stream)
            try:
                status = cli.main(list(arguments), self.connect)
            except SystemExit as error:
                status = error.code
        raw = streams["stdout"].written
        return Run(
            int(status), raw.decode(encoding, "replace"), streams["stderr"].written.decode(encoding), raw
        )


@pytest.fixture
def videobar(monkeypatch, tmp_path) -> CommandLine:
    """The command line with one room, a password, a file of profiles of its own and no keyring."""
    monkeypatch.setenv("VIDEOBAR_ROOM", "lobby")
    monkeypatch.setenv("VIDEOBAR_PASSWORD", "secret")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setitem(sys.modules, "keyring", None)
    return CommandLine(monkeypatch)


@pytest.fixture
def save_profiles(tmp_path):
    """Writes the file of profiles."""

    def save(text: str) -> None:
        folder = tmp_path / "config" / "videobar"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "rooms.toml").write_text(text)

    return save


@pytest.fixture
def sample_of():
    """A value of a type."""
    return lambda kind, **changes: msgspec.convert(sample(kinds.type_info(kind)) | changes, kind)


@pytest.fixture
def turns():
    """Answers that are given one after the other."""
    return lambda *values: [Turn(value) for value in values]


@pytest.fixture
def plain():
    """Any value as plain JSON."""
    return lambda value: msgspec.to_builtins(value, enc_hook=str)
