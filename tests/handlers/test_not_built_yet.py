import pytest

from videobar.contract import audio as audio_contract
from videobar.contract import mediastats as mediastats_contract
from videobar.contract.index import OPERATIONS
from videobar.errors import NotBuiltYet
from videobar.handlers import not_built_yet
from videobar.handlers.not_built_yet import NOT_BUILT_YET, honest, make


@pytest.fixture
def listed(monkeypatch):
    """The list with one action on it, whatever is built by now."""
    monkeypatch.setattr(not_built_yet, "NOT_BUILT_YET", frozenset({"mediastats_get"}))


def test_the_list_names_actions_that_exist():
    assert {operation.id for operation in OPERATIONS} >= NOT_BUILT_YET


async def test_what_is_on_the_list_refuses(listed):
    @honest
    class Handler(mediastats_contract.MediaStats):
        pass

    with pytest.raises(NotBuiltYet):
        await make(Handler).shared()


def test_what_is_neither_built_nor_on_the_list_cannot_be_instantiated():
    @honest
    class Handler(audio_contract.Audio):
        pass

    with pytest.raises(TypeError, match="set_volume"):
        make(Handler)


def test_what_is_built_must_be_taken_off_the_list(listed):
    with pytest.raises(TypeError, match="mediastats_get is built: take it off"):

        @honest
        class Handler(mediastats_contract.MediaStats):
            async def shared(self):
                return None
