"""`/rest/config`: the system's configuration as names and values. Not in the guide; recorded from an X30."""

from __future__ import annotations

from typing import Annotated, Protocol

from msgspec import UNSET, Meta, UnsetType, field

from videobar.contract.model import WireModel, doc
from videobar.contract.operation import Certainty, get, post

MOST_NAMES = 1000
LONGEST_VALUE = 8192
LARGEST_REQUEST = 1024 * 1024
"""Bytes: a thousand values, but not of the longest."""

Name = Annotated[str, Meta(min_length=1, max_length=200, description="Name: `audio.volume.speakervolume`.")]
Value = Annotated[
    Annotated[str, Meta(max_length=LONGEST_VALUE)] | int | float | bool | None,
    doc("The value; a number or truth may also come as text."),
]


class ConfigChange(WireModel, kw_only=True):
    """One value to set."""

    name: Annotated[Name, doc("Name of the variable; the case does not matter.")]
    value: Value


class ConfigRequest(WireModel, kw_only=True):
    """Names to read, or values to set, or both; values are set first."""

    names: Annotated[list[Name], Meta(max_length=MOST_NAMES, description="Names to read.")] = field(
        default_factory=list
    )
    vars: Annotated[list[ConfigChange], Meta(max_length=MOST_NAMES, description="Values to set.")] = field(
        default_factory=list
    )


class ConfigVariable(WireModel, kw_only=True):
    """Result for one name."""

    name: Annotated[str, doc("The name, as it was asked.")]
    result: Annotated[
        str,
        doc(
            "`NOERROR` (observed), or why not: `NOSUCHNAME`, `NOTEDITABLE`, `INVALIDVALUE`, `NOTKEPT` (decided here)."
        ),
    ]
    value: Annotated[
        str | UnsetType,
        doc("When read: the value as text; empty for secrets and for names that there are not."),
    ] = UNSET
    is_editable: Annotated[bool | UnsetType, doc("When read: whether it can be set.")] = UNSET
    is_hidden: Annotated[bool | UnsetType, doc("When read: false.")] = UNSET
    is_secure: Annotated[bool | UnsetType, doc("When read: whether it is a secret.")] = UNSET
    requested_value: Annotated[str | UnsetType, doc("When set: the value that was asked for.")] = UNSET
    reason: Annotated[
        str | UnsetType, doc("For people: why it was refused, or why there was nothing to change.")
    ] = UNSET


class ConfigAnswer(WireModel, kw_only=True):
    """Results for all names."""

    vars: Annotated[list[ConfigVariable], doc("A row for each name: those that were set, then those read.")]
    reboot_needed: Annotated[
        bool | UnsetType, doc("When set: whether a change waits for the next start.")
    ] = UNSET


class ConfigDescription(WireModel, kw_only=True):
    """A variable of this room."""

    name: Annotated[str, doc("Its name.")]
    meaning: Annotated[str, doc("Meaning of the variable.")]
    value: Annotated[str, doc("The value in use as text; empty for secrets.")]
    is_editable: Annotated[bool, doc("Whether it can be set.")]
    is_secure: Annotated[bool, doc("Whether it is a secret.")]
    at_restart: Annotated[bool, doc("Whether a new value is used from the next start on.")]


class Config(Protocol):
    """Actions on the configuration."""

    @post(
        "config_act",
        "/config",
        documented=False,
        certainty=Certainty.RECORDED,
        largest_body=LARGEST_REQUEST,
        changed_by=lambda request: [change.name for change in request.vars],
        decided=(
            "a request with both sets first; a name that cannot be read or set has its own row that says "
            "so, and the others are set all the same. The names of devices read what is set, also while "
            "it waits for the next start; those of this room (`videobar.…`) what is in use. To set what "
            "cannot be changed to what it is, is no error."
        ),
    )
    async def act(self, request: ConfigRequest) -> ConfigAnswer:
        """Read values by name, or set them; the rows are in the order of the request."""
        ...

    @get("config_all", "/config", own=True, documented=False)
    async def variables(self) -> list[ConfigDescription]:
        """Every name that this room knows, with its meaning and value."""
        ...
