"""`Setting`: a row of the table of settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from videobar.settings.folder import Confine, unconfined
from videobar.settings.kinds import Kind

T = TypeVar("T")
D = TypeVar("D")

ENVIRONMENT_PREFIX: Final = "VIDEOBAR_"
ROW: Final = "setting"
"""Key of the row in the metadata of a field of `Settings`."""


@dataclass(frozen=True, kw_only=True)
class Setting(Generic[T]):
    """One setting. Without `editable`, it cannot be changed through `/rest/config`; `secret` is shown nowhere.

    `confine` is applied to texts that come from there: it lets them name only files that may be named.
    """

    name: str = ""
    default: T
    help: str
    kind: Kind[Any]
    metavar: str
    secret: bool
    editable: bool
    confine: Confine

    @property
    def flag(self) -> str:
        """The flag that it is read from."""
        return flag_name(self.name)

    @property
    def variable(self) -> str:
        """The environment variable that it is read from."""
        return environment_name(self.name)

    @property
    def default_text(self) -> str:
        """The default as help shows it; empty where there is none."""
        return self.show(self.default)

    def read(self, text: str) -> Any:
        """The value of a text. Raises `ValueError` saying what is expected."""
        return self.kind.parse(text)

    def read_stored(self, text: str, data: Path) -> Any:
        """The value of a text that came in through the API. Raises `ValueError`."""
        return self.read(self.confine(text, data))

    def show(self, value: Any) -> str:
        """A value as the text that it could be given as; empty for one that cannot be given."""
        return self.kind.empty if value is None or value == () else self.kind.show(value)


def setting(
    default: D,
    meaning: str,
    kind: Kind[T],
    *,
    metavar: str = "",
    secret: bool = False,
    editable: bool = True,
    confine: Confine = unconfined,
) -> D | T:
    """A field of `Settings` with its `Setting`."""
    row = Setting(
        default=default,
        help=meaning,
        kind=kind,
        metavar=metavar or kind.metavar,
        secret=secret,
        editable=editable,
        confine=confine,
    )
    return field(default=default, metadata={ROW: row})


def environment_name(name: str) -> str:
    """The variable that a setting is read from."""
    return ENVIRONMENT_PREFIX + name.upper()


def flag_name(name: str) -> str:
    """The flag that a setting is read from."""
    return "--" + name.replace("_", "-")
