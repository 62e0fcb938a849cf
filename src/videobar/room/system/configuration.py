"""The room's configuration as names and values: what `/rest/config` reads and writes.

The constructor gets the names; each has a function that reads it, and one that writes it if it can be set. A value
may come as text or as what it is (`"40"` and `40`, `"True"` and `true`), because clients send both. Several names may
stand for the same: devices have one of their web pages and one of their schema for most of what they are set to.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from videobar.errors import InvalidRequest, VideobarError

Value = str | int | float | bool | None


class VariableOutcome(StrEnum):
    """Outcome of reading or writing one name. NOERROR is observed; the others are decided here."""

    NOERROR = "NOERROR"
    NO_SUCH_NAME = "NOSUCHNAME"
    NOT_EDITABLE = "NOTEDITABLE"
    INVALID_VALUE = "INVALIDVALUE"
    NOT_KEPT = "NOTKEPT"
    """It could not be written to the store; the old value stands."""


class NotEditable(Exception):
    """Raised for a value that cannot be changed here; the text says why."""


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Variable:
    """One name. `write` raises `InvalidRequest` for a value that makes no sense and `NotEditable`; without it, `fixed`
    says why not.

    With `at_restart`, a new value is kept and used from the next start on; `waits` is true while one does. The value of
    a `secure` one is never given out. `account` is whose password it is.
    """

    name: str
    meaning: str
    read: Callable[[], Value]
    write: Callable[[Value], Awaitable[None]] | None = None
    at_restart: bool = False
    secure: bool = False
    waits: Callable[[], bool] = _always
    fixed: str = "it cannot be changed here"
    account: str = ""


@dataclass(frozen=True)
class ReadVariable:
    """The answer for one name; `variable` is `None` when there is none of that name."""

    name: str
    variable: Variable | None
    value: Value


@dataclass(frozen=True)
class Written:
    """Result of one change. `value` is what was asked for, and `None` where that is a secret.

    `detail` says for people why it was refused, or why nothing had to be done. `account` is whose password was changed.
    """

    name: str
    value: Value
    outcome: VariableOutcome
    detail: str = ""
    account: str = ""


class Configuration:
    """Looks names up, whatever their case. `variables` are made when the first is asked for: most rooms need none.

    `settled` is called after each lot of changes, for what is better changed once for all of them.
    """

    def __init__(self, variables: Iterable[Variable], settled: Callable[[], None] = lambda: None) -> None:
        self._made = variables
        self._settled = settled
        self._waiting: list[Variable] = []

    @cached_property
    def _variables(self) -> dict[str, Variable]:
        return {variable.name.lower(): variable for variable in self._made}

    @property
    def reboot_needed(self) -> bool:
        """True if a change waits for the next start, and was not taken back."""
        return any(variable.waits() for variable in self._waiting)

    def all(self) -> list[Variable]:
        """Every variable, by name."""
        return [self._variables[name] for name in sorted(self._variables)]

    def read(self, names: Sequence[str]) -> list[ReadVariable]:
        """The values of `names`, in their order."""
        return [self._read(name) for name in names]

    async def write(self, changes: Sequence[tuple[str, Value]]) -> list[Written]:
        """Make the changes one after the other; one that is refused does not hold up the others."""
        written = [await self._write(name, value) for name, value in changes]
        if written:
            self._settled()
        return written

    def _read(self, name: str) -> ReadVariable:
        variable = self._variables.get(name.lower())
        if variable is None:
            return ReadVariable(name, None, None)
        return ReadVariable(name, variable, None if variable.secure else variable.read())

    async def _write(self, name: str, value: Value) -> Written:
        variable = self._variables.get(name.lower())
        if variable is None:
            return Written(name, value, VariableOutcome.NO_SUCH_NAME, "there is no variable of that name")
        asked = None if variable.secure else value
        if variable.write is None:
            if not variable.secure and _alike(value, variable.read()):
                return Written(name, asked, VariableOutcome.NOERROR, "nothing was changed: it is so already")
            return Written(name, asked, VariableOutcome.NOT_EDITABLE, variable.fixed)
        try:
            await variable.write(value)
        except InvalidRequest as error:
            return Written(name, asked, VariableOutcome.INVALID_VALUE, error.detail)
        except NotEditable as error:
            return Written(name, asked, VariableOutcome.NOT_EDITABLE, str(error))
        except VideobarError as error:
            return Written(name, asked, VariableOutcome.NOT_KEPT, error.reason)
        if variable.at_restart and variable not in self._waiting:
            self._waiting.append(variable)
        return Written(name, asked, VariableOutcome.NOERROR, account=variable.account)


def _alike(value: Value, other: Value) -> bool:
    return as_text(value).strip().lower() == as_text(other).lower()


def shown(value: Value) -> str:
    """A value as the device writes it: truths as `True` and `False` (observed), nothing for one that is not set."""
    return "" if value is None else str(value)


def as_text(value: Value) -> str:
    """A value as the text that a flag or a file would have it in."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def as_whole_number(value: Value) -> int:
    """A value as a whole number, whether it came as one or as text. Raises `InvalidRequest`."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise InvalidRequest("value: must be a whole number")
    try:
        return int(value)
    except ValueError:
        raise InvalidRequest("value: must be a whole number") from None


def as_yes_or_no(value: Value) -> bool:
    """A value as true or false, whether it came as one or as text. Raises `InvalidRequest`."""
    text = as_text(value).strip().lower()
    if text not in ("true", "false"):
        raise InvalidRequest("value: must be true or false")
    return text == "true"
