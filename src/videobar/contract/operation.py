"""Declaration of actions, and what can be read from it.

An action is one decorated method of a `Protocol` class, with a docstring and `...` as its body::

    @get("audio_volume_get", "/audio/volume")
    async def volume(self) -> int:
        \"\"\"Current speaker volume, 0 to 100.\"\"\"
        ...

Where a parameter travels follows from its declaration: a parameter marked `Annotated[T, InPath("confID")]`
fills that placeholder, one marked `Annotated[T, InQuery("context-id")]` is a query parameter, and the one
that is left is the JSON body. Everything else that reads the contract (routes, client, command line, OpenAPI,
reference) reads `Operation` objects.
"""

from __future__ import annotations

import functools
import inspect
import re
import typing
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, TypeVar

from videobar.contract.model import Upload
from videobar.errors import VideobarError

MARK = "__operation__"
PLACEHOLDER = re.compile(r"\{(\w+)\}")

M = TypeVar("M", bound=Callable[..., Any])


class Access(StrEnum):
    """Access to an action."""

    OPEN = "open"
    """No session needed."""
    ADMIN = "admin"
    """An administrator's session, as the guide asks of nearly every action."""


class Certainty(StrEnum):
    """Certainty of an action's shape; the tags of the project's record of wire facts."""

    RECORDED = "REC"
    """Recorded from a real device."""
    CLIENT = "CLI"
    """Code that runs against real devices depends on it."""
    DOCUMENTED = "DOC"
    """Stated by the vendor's guide."""
    INFERRED = "INF"
    """Decided here, because no evidence was found; `decided` says what."""


class Danger(StrEnum):
    """Danger of a careless call; a command line asks before it calls these."""

    NONE = "none"
    ENDS_CALLS = "ends calls"
    DELETES = "deletes data"
    RESTARTS = "restarts the system"


LARGEST_JSON: Final = 128 * 1024
"""Bytes of a body in JSON, where an action says nothing else: it is read at once, in some milliseconds at most."""
LARGEST_FILE: Final = 10 * 1024 * 1024
"""Bytes of a file, where an action says nothing else: what the device accepts."""


@dataclass(frozen=True)
class InPath:
    """Marks a parameter that fills the placeholder `{name}` of the path."""

    name: str


@dataclass(frozen=True)
class InQuery:
    """Marks a parameter that travels in the query string as `name`."""

    name: str


@dataclass(frozen=True)
class Parameter:
    """One parameter of an action: its Python name, its wire name, its full type and its default."""

    python_name: str
    wire_name: str
    type: Any
    required: bool
    default: Any = None


@dataclass(frozen=True)
class Operation:
    """All that is known of one action without running it."""

    id: str
    """The action id, the same everywhere: `conferences_dial`."""
    method: str
    path: str
    """Below `/rest`, or below `/x` where `own` is true; placeholders in braces with their wire names."""
    also: tuple[str, ...] = ()
    """Further HTTP methods that do the same (Group Series clients)."""
    synonyms: tuple[str, ...] = ()
    """Further paths, without placeholders, at which the same is found (Group Series clients)."""
    access: Access = Access.ADMIN
    documented: bool = True
    """True if the vendor's guide has it: the 98 are, those that were only seen on the wire are not."""
    own: bool = False
    """Ours alone; lives under `/x`."""
    certainty: Certainty = Certainty.DOCUMENTED
    danger: Danger = Danger.NONE
    errors: tuple[type[VideobarError], ...] = ()
    """Errors of this action beyond those every action has."""
    largest_body: int | None = None
    """Bytes of the largest body, where that is not what `body_limit` says of others of its kind."""
    changed_by: Callable[[Any], Sequence[str]] | None = None
    """Names of what a body changes; of an action whose body can also be a mere question, for which there are none."""
    area: str = ""
    name: str = ""
    summary: str = ""
    """First sentence of the docstring."""
    description: str = ""
    """The rest of the docstring."""
    decided: str = ""
    """Of the behaviour, what this project decided, for want of evidence."""
    path_parameters: tuple[Parameter, ...] = ()
    query_parameters: tuple[Parameter, ...] = ()
    body: Parameter | None = None
    returns: Any = None
    """Type of the answer; `None` for an empty body."""

    @property
    def url(self) -> str:
        """The whole path: `/rest/conferences/{confID}`."""
        return ("/x" if self.own else "/rest") + self.path

    @property
    def is_exact(self) -> bool:
        """True if unknown fields of the body are refused: only tests stage things, and a test must not be misread."""
        return self.own and self.path.startswith("/stage/")

    @property
    def methods(self) -> tuple[str, ...]:
        """The method and its synonyms."""
        return (self.method, *self.also)

    @property
    def body_limit(self) -> int:
        """Maximum size of a body in bytes."""
        if self.largest_body is not None:
            return self.largest_body
        return LARGEST_FILE if self.body is not None and self.body.type is Upload else LARGEST_JSON

    def bind(self, implementation: Any) -> Callable[..., Any]:
        """The bound method of `implementation` (an object with an attribute per area) for this action."""
        return typing.cast("Callable[..., Any]", getattr(getattr(implementation, self.area), self.name))


@dataclass(frozen=True)
class Declaration:
    """Declaration of an action, kept on the method until the class is read."""

    fields: dict[str, Any] = field(default_factory=dict)


def operation(
    method: str,
    action_id: str,
    path: str,
    *,
    also: tuple[str, ...] = (),
    synonyms: tuple[str, ...] = (),
    access: Access = Access.ADMIN,
    documented: bool = True,
    own: bool = False,
    certainty: Certainty = Certainty.DOCUMENTED,
    danger: Danger = Danger.NONE,
    errors: tuple[type[VideobarError], ...] = (),
    largest_body: int | None = None,
    changed_by: Callable[[Any], Sequence[str]] | None = None,
    decided: str = "",
) -> Callable[[M], M]:
    """Declare the decorated method to be the action `action_id`, at `method` and `path`.

    The method becomes abstract, so that a class which leaves it out cannot be instantiated.
    """

    def declare(function: M) -> M:
        setattr(
            function,
            MARK,
            Declaration(
                {
                    "id": action_id,
                    "method": method,
                    "path": path,
                    "also": also,
                    "synonyms": synonyms,
                    "access": access,
                    "documented": documented,
                    "own": own,
                    "certainty": certainty,
                    "danger": danger,
                    "errors": errors,
                    "largest_body": largest_body,
                    "changed_by": changed_by,
                    "decided": decided,
                }
            ),
        )
        function.__isabstractmethod__ = True  # type: ignore[attr-defined]
        return function

    return declare


get = functools.partial(operation, "GET")
post = functools.partial(operation, "POST")
put = functools.partial(operation, "PUT")
delete = functools.partial(operation, "DELETE")


def operations_of(area: str, protocol: type) -> Iterator[Operation]:
    """The operations that a `Protocol` class declares, in the order of its source."""
    for name, function in vars(protocol).items():
        declaration = getattr(function, MARK, None)
        if isinstance(declaration, Declaration):
            yield _read(area, name, function, declaration)


def _read(area: str, name: str, function: Callable[..., Any], declaration: Declaration) -> Operation:
    hints = typing.get_type_hints(function, include_extras=True)
    placeholders = PLACEHOLDER.findall(declaration.fields["path"])
    path: dict[str, Parameter] = {}
    query: list[Parameter] = []
    body: Parameter | None = None
    for python_name, parameter in list(inspect.signature(function).parameters.items())[1:]:
        place, kind = _place(hints[python_name])
        required = parameter.default is inspect.Parameter.empty
        default = None if required else parameter.default
        wire_name = place.name if place else python_name
        read = Parameter(python_name, wire_name, kind, required, default)
        if isinstance(place, InPath):
            path[wire_name] = read
        elif isinstance(place, InQuery):
            query.append(read)
        elif body is None:
            body = read
        else:
            raise TypeError(f"{declaration.fields['id']}: two bodies, {body.python_name} and {python_name}")
    if set(path) != set(placeholders):
        raise TypeError(f"{declaration.fields['id']}: path has {placeholders}, parameters have {list(path)}")
    summary, _, description = inspect.cleandoc(function.__doc__ or "").partition("\n\n")
    return Operation(
        **declaration.fields,
        area=area,
        name=name,
        summary=" ".join(summary.split()),
        description=description,
        path_parameters=tuple(path[placeholder] for placeholder in placeholders),
        query_parameters=tuple(query),
        body=body,
        returns=None if hints["return"] is type(None) else hints["return"],
    )


def _place(hint: Any) -> tuple[InPath | InQuery | None, Any]:
    """Split a parameter's annotation into where it travels and its type without that mark."""
    if typing.get_origin(hint) is not typing.Annotated:
        return None, hint
    kind, *extras = typing.get_args(hint)
    marks = [extra for extra in extras if isinstance(extra, InPath | InQuery)]
    rest = tuple(extra for extra in extras if not isinstance(extra, InPath | InQuery))
    if rest:
        kind = typing.Annotated[(kind, *rest)]
    return (marks[0] if marks else None), kind
