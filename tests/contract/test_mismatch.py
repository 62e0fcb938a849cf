"""What is said of a value agrees with what the decoder decides, for every request type of the contract."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import inspect
from tests.examples import examples

from videobar.contract.index import OPERATIONS
from videobar.contract.mismatch import INT64, mismatch
from videobar.contract.model import Upload

BODIES = {
    operation.id: operation.body.type
    for operation in OPERATIONS
    if operation.body is not None and Upload.__name__ not in str(operation.body.type)
}
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.sampled_from([-1, 0, 1, 5, 100, 101, 65536])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
)


def values_near(kind: inspect.Type) -> st.SearchStrategy[Any]:
    """Values that fit the type, or nearly."""
    match kind:
        case inspect.Metadata():
            return values_near(kind.type)
        case inspect.UnionType():
            return st.one_of([values_near(one) for one in kind.types]) | SCALARS
        case inspect.EnumType():
            return st.sampled_from([each.value for each in kind.cls]) | SCALARS
        case inspect.LiteralType():
            return st.sampled_from(list(kind.values)) | SCALARS
        case inspect.StructType():
            fields = {each.encode_name: values_near(each.type) for each in kind.fields}
            return st.fixed_dictionaries({}, optional=fields) | st.fixed_dictionaries(fields) | SCALARS
        case inspect.ListType() | inspect.VarTupleType():
            return st.lists(values_near(kind.item_type), max_size=3) | SCALARS
        case inspect.DictType():
            return st.dictionaries(st.text(max_size=4), values_near(kind.value_type), max_size=3) | SCALARS
        case _:
            return SCALARS


@pytest.mark.parametrize("action", sorted(BODIES))
def test_a_mismatch_is_found_exactly_where_the_decoder_refuses(action: str) -> None:
    kind = BODIES[action]

    @settings(max_examples=examples(60), deadline=None, database=None)
    @given(values_near(inspect.type_info(kind)))
    def agree(value: Any) -> None:
        encoded = msgspec.json.encode(value)
        try:
            msgspec.json.decode(encoded, type=kind)
        except msgspec.ValidationError:
            assert mismatch(value, kind) is not None
        else:
            assert mismatch(value, kind) is None

    agree()


@pytest.mark.parametrize(
    "text", ["5", "-5", "05", "+5", " 5", "5.0", "5e3", "", "x", "true", "TRUE", "1", "0", "null", "9" * 40]
)
@pytest.mark.parametrize("kind", [int, bool, float, str, int | None, bool | None])
def test_texts_of_a_query_are_judged_as_the_converter_judges_them(text: str, kind: Any) -> None:
    parameters = msgspec.defstruct("Parameters", [("it", kind)])
    try:
        taken = msgspec.convert({"it": text}, parameters, strict=False).it
        refused = isinstance(taken, int) and taken not in INT64
    except msgspec.ValidationError:
        refused = True
    assert (mismatch({"it": text}, parameters, strict=False) is not None) == refused
