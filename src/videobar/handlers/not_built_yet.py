"""The actions that this version of the room cannot do yet. Each answers `NotBuiltYet`; later work empties the list."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from videobar.contract.operation import MARK, Declaration, operations_of
from videobar.errors import NotBuiltYet

NOT_BUILT_YET = frozenset(
    {
        # the camera and audio issue
        "audio_acousticfence_action",
        "audio_audiometers_get",
        "audio_microphones_get",
    }
)

Handler = TypeVar("Handler", bound=type)
P = ParamSpec("P")
T = TypeVar("T")


def honest(handler: Handler) -> Handler:
    """Complete a handler class: each action it leaves out, if it is on the list, refuses with `NotBuiltYet`.

    An action that is left out and not on the list stays abstract, so that the class cannot be instantiated.
    Raises `TypeError` for an action that is built and still on the list.
    """
    missing = set()
    for name, function in inspect.getmembers(handler):
        declaration = getattr(function, MARK, None)
        if isinstance(declaration, Declaration):
            if declaration.fields["id"] in NOT_BUILT_YET:
                setattr(handler, name, _refuse)
            else:
                missing.add(name)
    for area in handler.__mro__[1:]:
        for operation in operations_of("", area):
            if operation.id in NOT_BUILT_YET and getattr(handler, operation.name) is not _refuse:
                raise TypeError(f"{operation.id} is built: take it off the list")
    handler.__abstractmethods__ = frozenset(missing)  # type: ignore[attr-defined]
    return handler


def make(handler: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """An instance of a class that `honest` completed: the type checker cannot see that it is no longer abstract."""
    return handler(*arguments, **named)


async def _refuse(handler: Any, *arguments: Any, **named: Any) -> Any:
    raise NotBuiltYet
