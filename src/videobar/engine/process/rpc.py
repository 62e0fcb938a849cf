"""Remote procedure calls: the methods of one interface as messages between two processes.

`Interface(Engine)` reads a `Protocol`. A method `def … -> None` is a *command*, which is sent and not answered; an
`async def` is a *request*, which is answered; methods that return something at once, and properties, are local to the
caller. Each has a message type made of its signature, so that arguments and answers are encoded and checked by their
annotations. `proxy` makes the caller's methods; `Server` calls the implementation.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_
from types import FunctionType
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast, get_type_hints

import msgspec
from msgspec import Struct, defstruct
from msgspec.structs import astuple

from videobar.room.delivery import Delivery, delivery_of

P = ParamSpec("P")
AnswerT = TypeVar("AnswerT")
InterfaceT = TypeVar("InterfaceT")

CommandMethod = Callable[Concatenate[Any, P], None]
RequestMethod = Callable[Concatenate[Any, P], Coroutine[Any, Any, AnswerT]]

log = logging.getLogger("videobar.engine")

_encoder = msgspec.msgpack.Encoder()


class Message(Struct, frozen=True, array_like=True):
    """A call of a method; a type of its own for each method, with its parameters as fields."""


class Request(Message, frozen=True, array_like=True):
    """A call that is answered by the `Answered` or `Unanswered` of the same number."""

    number: int


class Answered(Struct, frozen=True, tag=True):
    """The answer to the request of the same number."""

    number: int
    answer: msgspec.Raw
    """MessagePack of what the method returned."""


class Unanswered(Struct, frozen=True, tag=True):
    """There is no answer to the request of the same number: the method raised an error, whose text this is."""

    number: int
    detail: str


@dataclass(frozen=True)
class Method:
    """One method of an interface."""

    name: str
    message: type[Message]
    delivery: Delivery
    answer: msgspec.msgpack.Decoder[Any]
    """Reads what the method returns."""


class Interface:
    """The remote methods of a `Protocol`. Raises `TypeError` for one whose types cannot be encoded."""

    def __init__(self, protocol: type) -> None:
        self.protocol = protocol
        self.methods = {name: _method(name, function) for name, function in _remote_functions(protocol)}
        self.messages: Any = reduce(or_, (method.message for method in self.methods.values()))
        """The union of all message types."""

    def method(self, function: Callable[..., object]) -> Method:
        """The method that `function`, such as `Engine.hold`, declares."""
        return self.methods[function.__name__]


class Caller(Protocol):
    """Caller: what a proxy hands its calls to."""

    def send(self, command: CommandMethod[P], *args: P.args, **kwargs: P.kwargs) -> None:
        """Send a command."""
        ...

    async def ask(self, request: RequestMethod[P, AnswerT], *args: P.args, **kwargs: P.kwargs) -> AnswerT:
        """Send a request and wait for its answer."""
        ...


def proxy(
    interface: Interface, caller: Callable[[Any], Caller]
) -> Callable[[type[InterfaceT]], type[InterfaceT]]:
    """Class decorator: adds each remote method that the class does not define itself.

    `caller` gives what an instance of the class hands its calls to.
    """

    def fill(cls: type[InterfaceT]) -> type[InterfaceT]:
        for method in interface.methods.values():
            if method.name not in vars(cls):
                setattr(cls, method.name, _calling(getattr(interface.protocol, method.name), method, caller))
        return cls

    return fill


class Server:
    """Calls the methods of `implementation` as messages ask for it, on the event loop; `report` gets the answers.

    Raises `TypeError` for an implementation that lacks a method, or has one with another signature.
    """

    def __init__(
        self,
        interface: Interface,
        implementation: object,
        report: Callable[[Answered | Unanswered], None],
    ) -> None:
        self._report = report
        self._tasks: set[asyncio.Task[None]] = set()
        self._handlers: dict[type[Message], Callable[..., Any]] = {}
        for name, method in interface.methods.items():
            handler = getattr(implementation, name, None)
            declared = inspect.signature(getattr(interface.protocol, name))
            if handler is None or _names(inspect.signature(handler)) != _names(declared)[1:]:
                raise TypeError(f"{type(implementation).__name__} does not implement {name}{declared}")
            self._handlers[method.message] = handler

    def handle(self, message: Message) -> None:
        """Call what it asks for. An error in a command is logged, since it must not end the other calls."""
        handler = self._handlers[type(message)]
        if isinstance(message, Request):
            task = asyncio.create_task(self._answer(handler, *astuple(message)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return
        try:
            handler(*astuple(message))
        except Exception:
            log.exception("command failed: %s", handler.__name__)

    def close(self) -> None:
        """Answer nothing more."""
        for task in self._tasks:
            task.cancel()

    async def _answer(self, handler: Callable[..., Any], number: int, *arguments: Any) -> None:
        report: Answered | Unanswered
        try:
            report = Answered(number, msgspec.Raw(_encoder.encode(await handler(*arguments))))
        except Exception as error:
            log.exception("request failed: %s", handler.__name__)
            report = Unanswered(number, str(error))
        self._report(report)


def _remote_functions(protocol: type) -> Iterator[tuple[str, FunctionType]]:
    """Commands and requests, in the order in which they are declared, those of base classes first."""
    functions: dict[str, FunctionType] = {}
    for cls in reversed(protocol.__mro__):
        functions |= {name: each for name, each in vars(cls).items() if isinstance(each, FunctionType)}
    for name, function in functions.items():
        if not name.startswith("_") and (inspect.iscoroutinefunction(function) or _returns_nothing(function)):
            yield name, function


def _returns_nothing(function: FunctionType) -> bool:
    return function.__annotations__.get("return") in (None, "None")


def _method(name: str, function: FunctionType) -> Method:
    is_request = inspect.iscoroutinefunction(function)
    hints = get_type_hints(function)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    fields = [
        (each.name, hints[each.name], *(() if each.default is each.empty else (each.default,)))
        for each in parameters
    ]
    message = defstruct(
        name, fields, bases=(Request if is_request else Message,), frozen=True, array_like=True, tag=name
    )
    answer = msgspec.msgpack.Decoder(hints["return"])
    return Method(name, cast("type[Message]", message), delivery_of(function), answer)


def _calling(
    function: Callable[..., Any], method: Method, caller: Callable[[Any], Caller]
) -> Callable[..., Any]:
    if not issubclass(method.message, Request):

        def send(self: Any, *args: Any, **kwargs: Any) -> None:
            caller(self).send(function, *args, **kwargs)

        return send

    async def ask(self: Any, *args: Any, **kwargs: Any) -> Any:
        return await caller(self).ask(function, *args, **kwargs)

    return ask


def _names(signature: inspect.Signature) -> list[str]:
    return list(signature.parameters)
