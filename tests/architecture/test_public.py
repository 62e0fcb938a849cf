"""The public names of docs/public.md are there, and are all that there should be."""

import importlib
import pkgutil
import re
from pathlib import Path

import msgspec
import pytest

from videobar import client, contract
from videobar.client import watch
from videobar.contract import model

PAGE = (Path(__file__).parents[2] / "docs" / "public.md").read_text()
MODULES = re.findall(r"^\| `(videobar[\w.]*)` \|", PAGE, re.MULTILINE)


@pytest.mark.parametrize("name", MODULES)
def test_the_names_of_a_public_module_are_there(name):
    module = importlib.import_module(name)
    for each in getattr(module, "__all__", ()):
        assert getattr(module, each) is not None
        assert each in dir(module)
    with pytest.raises(AttributeError):
        _ = module.no_such_name


def test_the_names_that_the_page_tells_are_public():
    for module, told in re.findall(r"^\| `(videobar[\w.]*)` \| (.*) \|$", PAGE, re.MULTILINE):
        public = importlib.import_module(module)
        for name in re.findall(r"`(\w+)`", told):
            if name != "watch":
                assert hasattr(public, name), f"{module}.{name}"


def test_all_records_of_the_contract_are_public():
    records = {
        name
        for module in pkgutil.iter_modules(contract.__path__)
        for name, kind in vars(importlib.import_module(f"videobar.contract.{module.name}")).items()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and not name.startswith("_")
    }
    missing = records - {model.WireModel.__name__, "Struct"} - set(contract.__all__)
    assert missing == set(), "add them to src/videobar/contract/__init__.py"


def test_all_changes_are_public():
    changes = {kind.__name__ for kind in watch.Change.__args__}
    assert changes <= set(client.__all__)
