import inspect
from importlib import import_module

import pytest

from videobar.contract.index import AREAS, OPERATIONS

HANDLERS = {
    area: getattr(import_module(f"videobar.handlers.{area}"), f"{protocol.__name__}Handler")
    for area, protocol in AREAS.items()
}


def test_every_area_has_its_handler():
    for area, handler in HANDLERS.items():
        assert AREAS[area] in handler.__mro__


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_handlers_name_their_parameters_as_the_contract_does(operation):
    declared = inspect.signature(getattr(AREAS[operation.area], operation.name)).parameters
    built = inspect.signature(getattr(HANDLERS[operation.area], operation.name)).parameters
    assert list(built) == list(declared)
    assert [p.default for p in built.values()] == [p.default for p in declared.values()]
