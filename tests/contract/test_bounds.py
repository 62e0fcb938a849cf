"""Every text, list and object of every request has a most, and so has the body that they are in."""

import typing

import msgspec
import pytest
from msgspec import inspect

from videobar.contract import directory as contract
from videobar.contract.index import OPERATIONS
from videobar.contract.model import Upload
from videobar.contract.openapi import document
from videobar.contract.operation import LARGEST_FILE, LARGEST_JSON
from videobar.errors import VideobarError
from videobar.room.directory import entry
from videobar.server.app import LARGEST_FROM_STRANGERS
from videobar.server.codec import ActionCodec

MOST_JSON = 1024 * 1024
"""Bytes that any action may take in JSON: more keeps the event loop for too long."""
DEEPEST = 4
SCALARS = (
    inspect.IntType,
    inspect.FloatType,
    inspect.BoolType,
    inspect.NoneType,
    inspect.EnumType,
    inspect.LiteralType,
)


def unbounded(kind, path, depth=0, seen=()):
    """What has no bound in a type, as paths of wire names; what is not known here counts."""
    match kind:
        case inspect.Metadata():
            yield from unbounded(kind.type, path, depth, seen)
        case inspect.UnionType():
            for each in kind.types:
                yield from unbounded(each, path, depth, seen)
        case inspect.StructType():
            if kind.cls in seen or depth > DEEPEST:
                yield f"{path}: any depth"
                return
            for field in kind.fields:
                yield from unbounded(field.type, f"{path}.{field.encode_name}", depth + 1, (*seen, kind.cls))
        case inspect.StrType():
            if kind.max_length is None:
                yield path
        case inspect.ListType() | inspect.VarTupleType() | inspect.SetType():
            if kind.max_length is None:
                yield path
            yield from unbounded(kind.item_type, f"{path}[]", depth + 1, seen)
        case inspect.DictType():
            if kind.max_length is None:
                yield path
            yield from unbounded(kind.key_type, f"{path}.(name)", depth + 1, seen)
            yield from unbounded(kind.value_type, f"{path}.(value)", depth + 1, seen)
        case _ if not isinstance(kind, SCALARS):
            yield f"{path}: {type(kind).__name__}"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_nothing_in_a_request_is_without_a_bound(operation):
    parameters = [*operation.path_parameters, *operation.query_parameters]
    if operation.body is not None and operation.body.type is not Upload:
        parameters.append(operation.body)
    for parameter in parameters:
        assert list(unbounded(inspect.type_info(parameter.type), parameter.wire_name)) == []


def test_the_rule_finds_what_is_without_a_bound():
    class Inner(msgspec.Struct):
        words: list[str]

    class Outer(msgspec.Struct):
        inner: Inner | None
        by_name: dict[str, typing.Annotated[str, msgspec.Meta(max_length=3)]]
        anything: typing.Any

    assert list(unbounded(inspect.type_info(Outer), "o")) == [
        "o.inner.words",
        "o.inner.words[]",
        "o.by_name",
        "o.by_name.(name)",
        "o.anything: AnyType",
    ]


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if one.body], ids=lambda one: one.id)
def test_a_body_as_a_whole_has_a_bound_that_is_told(operation):
    if operation.body.type is Upload:
        assert operation.body_limit <= 64 * 1024 * 1024
    else:
        assert operation.body_limit <= MOST_JSON
    described = document()["paths"][operation.url][operation.method.lower()]
    assert described["requestBody"]["description"] == f"At most {operation.body_limit} bytes."


def test_bounds_of_bodies_that_say_nothing_else():
    by_id = {operation.id: operation for operation in OPERATIONS}
    assert by_id["conferences_blast"].body_limit == LARGEST_JSON
    assert by_id["directory_import"].body_limit == 64 * 1024 * 1024
    assert by_id["config_act"].body_limit == MOST_JSON
    assert LARGEST_FROM_STRANGERS < LARGEST_JSON < LARGEST_FILE


def test_bounds_of_entries_are_those_of_the_room():
    assert (
        contract.LONGEST_TEXT,
        contract.LONGEST_LOCATION,
        contract.LONGEST_ADDRESS,
        contract.MOST_DEVICES,
    ) == (
        entry.LONGEST_TEXT,
        entry.LONGEST_LOCATION,
        entry.LONGEST_ADDRESS,
        entry.MOST_DEVICES,
    )


def _too_much(kind, path, sofar):
    """Pairs of a path and a value of it that is one beyond a bound, the rest of the body as small as can be."""
    match kind:
        case inspect.Metadata():
            yield from _too_much(kind.type, path, sofar)
        case inspect.UnionType():
            for each in kind.types:
                yield from _too_much(each, path, sofar)
        case inspect.StructType():
            for field in kind.fields:
                for name, value in _too_much(field.type, f"{path}.{field.encode_name}", sofar):
                    yield name, {**_least(kind), field.encode_name: value}
        case inspect.StrType():
            yield path, "9" * (kind.max_length + 1)
        case inspect.ListType():
            yield path, [_least(kind.item_type)] * (kind.max_length + 1)
            for name, value in _too_much(kind.item_type, f"{path}[0]", sofar):
                yield name, [value]


def _least(kind):
    match kind:
        case inspect.Metadata():
            return _least(kind.type)
        case inspect.UnionType():
            return _least(kind.types[0])
        case inspect.StructType():
            return {field.encode_name: _least(field.type) for field in kind.fields if field.required}
        case inspect.StrType():
            return "9" * max(kind.min_length or 0, 4 if kind.pattern else 1)
        case inspect.ListType():
            return []
        case inspect.EnumType():
            return next(iter(kind.cls)).value
        case inspect.LiteralType():
            return kind.values[0]
        case inspect.IntType():
            return kind.ge or 0
        case inspect.BoolType():
            return False
        case _:
            return None


BODIES = [
    (operation, path, value)
    for operation in OPERATIONS
    if operation.body is not None and operation.body.type is not Upload
    for path, value in _too_much(inspect.type_info(operation.body.type), "", ())
]


@pytest.mark.parametrize(
    ("operation", "path", "value"), BODIES, ids=[f"{operation.id}{path}" for operation, path, _ in BODIES]
)
def test_one_more_than_the_bound_is_refused_by_name(operation, path, value):
    with pytest.raises(VideobarError) as caught:
        ActionCodec(operation).body(msgspec.json.encode(value), b"application/json")
    if operation.id == "session_login":
        assert caught.value.code == "SessionRequestInvalid"
        return
    assert caught.value.code == "InvalidRequest"
    field = path.removeprefix(".").replace("[0]", "[")
    assert field.split("[")[0] in caught.value.detail
    assert "length" in caught.value.detail
