"""`/rest/config`: the system's configuration as names and values. Not in the guide; recorded from an X30."""

from __future__ import annotations

from typing import Annotated, Protocol

from msgspec import UNSET, Meta, UnsetType, field

from videobar.contract.model import Shape, said
from videobar.contract.operation import Certainty, get, post

MOST_NAMES = 1000
LONGEST_VALUE = 8192
LARGEST_REQUEST = 1024 * 1024
"""Bytes: a thousand values, but not of the longest."""

Name = Annotated[str, Meta(min_length=1, max_length=200, description="Name: `audio.volume.speakervolume`.")]
Value = Annotated[
    Annotated[str, Meta(max_length=LONGEST_VALUE)] | int | float | bool | None,
    said("The value; a number or truth may also come as text."),
]


class ConfigChange(Shape, kw_only=True):
    """One value to set."""

    name: Annotated[Name, said("Which one; the case does not matter.")]
    value: Value


class ConfigRequest(Shape, kw_only=True):
    """Names to read, or values to set, or both; values are set first."""

    names: Annotated[list[Name], Meta(max_length=MOST_NAMES, description="Names to read.")] = field(
        default_factory=list
    )
    vars: Annotated[list[ConfigChange], Meta(max_length=MOST_NAMES, description="Values to set.")] = field(
        default_factory=list
    )


class ConfigVariable(Shape, kw_only=True):
    """What became of one name."""

    name: Annotated[str, said("The name, as it was asked.")]
    result: Annotated[
        str,
        said(
            "`NOERROR` (observed), or why not: `NOSUCHNAME`, `NOTEDITABLE`, `INVALIDVALUE`, `NOTKEPT` (decided here)."
        ),
    ]
    value: Annotated[
        str | UnsetType,
        said("When read: the value as text; empty for secrets and for names that there are not."),
    ] = UNSET
    is_editable: Annotated[bool | UnsetType, said("When read: whether it can be set.")] = UNSET
    is_hidden: Annotated[bool | UnsetType, said("When read: false.")] = UNSET
    is_secure: Annotated[bool | UnsetType, said("When read: whether it is a secret.")] = UNSET
    requested_value: Annotated[str | UnsetType, said("When set: the value that was asked for.")] = UNSET
    reason: Annotated[
        str | UnsetType, said("For people: why it was refused, or why there was nothing to change.")
    ] = UNSET


class ConfigAnswer(Shape, kw_only=True):
    """What became of all names."""

    vars: Annotated[list[ConfigVariable], said("A row for each name: those that were set, then those read.")]
    reboot_needed: Annotated[
        bool | UnsetType, said("When set: whether a change waits for the next start.")
    ] = UNSET


class ConfigDescription(Shape, kw_only=True):
    """A variable of this room."""

    name: Annotated[str, said("Its name.")]
    meaning: Annotated[str, said("What it is.")]
    value: Annotated[str, said("The value in use as text; empty for secrets.")]
    is_editable: Annotated[bool, said("Whether it can be set.")]
    is_secure: Annotated[bool, said("Whether it is a secret.")]
    at_restart: Annotated[bool, said("Whether a new value is used from the next start on.")]


class Config(Protocol):
    """Actions on the configuration."""

    @post(
        "config_act",
        "/config",
        documented=False,
        certainty=Certainty.RECORDED,
        largest_body=LARGEST_REQUEST,
        changed_by=lambda request: [change.name for change in request.vars],
    )
    async def act(self, request: ConfigRequest) -> ConfigAnswer:
        """Read values by name, or set them; the rows are in the order of the request.

        Decided here: a request with both sets first; a name that cannot be read or set has its own row that says so,
        and the others are set all the same. The names of devices read what is set, also while it waits for the next
        start; those of this room (`videobar.…`) what is in use. To set what cannot be changed to what it is, is no
        error.
        """
        ...

    @get("config_all", "/config", own=True, documented=False)
    async def variables(self) -> list[ConfigDescription]:
        """Every name that this room knows, with its meaning and value."""
        ...
