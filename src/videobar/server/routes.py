"""Router: which action a method and path mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import unquote_to_bytes

from videobar.contract.operation import Operation
from videobar.errors import InvalidRequest, MethodNotAllowed, NoSuchResource

T = TypeVar("T")

ALIAS = "/rest/current"
"""`/rest/current/<x>` is `/rest/<x>` on real devices."""


@dataclass(frozen=True)
class Entry(Generic[T]):
    """Route: the target at `url` (placeholders in braces) with any of `methods`."""

    methods: tuple[str, ...]
    url: str
    target: T


@dataclass(frozen=True)
class RouteMatch(Generic[T]):
    """A target, and the path's parameters in the order of its placeholders, percent-decoded."""

    target: T
    parameters: tuple[str, ...]


@dataclass
class _Node(Generic[T]):
    """A place in the tree of path segments."""

    literals: dict[str, _Node[T]] = field(default_factory=dict)
    parameter: _Node[T] | None = None
    targets: dict[str, T] = field(default_factory=dict)


def entries_of(operations: Iterable[Operation]) -> Iterator[Entry[Operation]]:
    """The entries of a contract: each action at its path, under its alias, and at its synonyms."""
    for operation in operations:
        yield Entry(operation.methods, operation.url, operation)
        if not operation.own:
            yield Entry(operation.methods, ALIAS + operation.path, operation)
        for path in operation.synonyms:
            yield Entry(operation.methods, f"/rest{path}", operation)


class Routes(Generic[T]):
    """A dict of the literal paths, and a tree of segments for all, in which literals go before parameters.

    Raises `ValueError` when two entries share a method and path.
    """

    def __init__(self, entries: Iterable[Entry[T]]) -> None:
        self._literal: dict[str, dict[str, RouteMatch[T]]] = {}
        self._root: _Node[T] = _Node()
        self._depth = 0
        for entry in entries:
            self._add(entry)

    def find(self, method: str, path: str) -> RouteMatch[T]:
        """The target for `method` at the raw (still percent-encoded) `path`.

        `HEAD` finds what `GET` would, and one slash at the end does not matter. `%2F` stays within its segment.
        Raises `NoSuchResource`, `MethodNotAllowed`, or `InvalidRequest` for a path that is not UTF-8.
        """
        if method == "HEAD":
            method = "GET"
        literal = self._literal.get(path)
        if literal is not None and method in literal:
            return literal[method]
        if path.endswith("/"):
            path = path[:-1]
        if path.count("/") > self._depth:
            raise NoSuchResource
        found = _walk(self._root, tuple(map(_decode, path.split("/")[1:])), ())
        if found is None:
            raise NoSuchResource
        node, parameters = found
        if method not in node.targets:
            raise MethodNotAllowed(allowed=_allowed(node.targets))
        return RouteMatch(node.targets[method], parameters)

    def _add(self, entry: Entry[T]) -> None:
        segments = entry.url.split("/")[1:]
        self._depth = max(self._depth, len(segments))
        node = self._root
        for segment in segments:
            if segment.startswith("{"):
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.literals.setdefault(segment, _Node())
        for method in entry.methods:
            if method in node.targets:
                raise ValueError(f"two actions at {method} {entry.url}")
            node.targets[method] = entry.target
            if "{" not in entry.url:
                self._literal.setdefault(entry.url, {})[method] = RouteMatch(entry.target, ())


def _walk(
    node: _Node[T], segments: tuple[str, ...], parameters: tuple[str, ...]
) -> tuple[_Node[T], tuple[str, ...]] | None:
    """The node at `segments`, which are as few as the deepest path has. A literal that leads nowhere gives way."""
    if not segments:
        return (node, parameters) if node.targets else None
    segment, rest = segments[0], segments[1:]
    literal = node.literals.get(segment)
    found = _walk(literal, rest, parameters) if literal is not None else None
    if found is None and node.parameter is not None and segment:
        found = _walk(node.parameter, rest, (*parameters, segment))
    return found


def _decode(segment: str) -> str:
    if "%" not in segment:
        return segment
    try:
        return unquote_to_bytes(segment).decode()
    except UnicodeDecodeError:
        raise InvalidRequest("path: is not valid UTF-8") from None


def _allowed(targets: dict[str, T]) -> tuple[str, ...]:
    methods = set(targets) | ({"HEAD"} if "GET" in targets else set())
    return tuple(sorted(methods))
