import pytest

from videobar.errors import InvalidRequest, StoreUnavailable
from videobar.room.system.configuration import (
    Configuration,
    Variable,
    VariableOutcome,
    as_text,
    as_whole_number,
)


@pytest.fixture
def values():
    return {"volume": 40, "port": 8443, "password": "secret"}


@pytest.fixture
def configuration(values):
    async def set_volume(value):
        values["volume"] = as_whole_number(value)

    async def set_port(value):
        if value == "full":
            raise StoreUnavailable("the disk is full")

    return Configuration(
        [
            Variable("audio.Volume", "", lambda: values["volume"], set_volume),
            Variable("port", "", lambda: values["port"], set_port, at_restart=True),
            Variable("password", "", lambda: values["password"], secure=True),
        ]
    )


def test_names_are_found_whatever_their_case_and_answered_as_asked(configuration):
    (reading,) = configuration.read(["AUDIO.volume"])
    assert (reading.name, reading.value) == ("AUDIO.volume", 40)


def test_a_secret_is_never_read_out_and_an_unknown_name_has_no_variable(configuration):
    secret, unknown = configuration.read(["password", "nothing"])
    assert (secret.variable.secure, secret.value) == (True, None)
    assert unknown.variable is None


async def test_each_change_goes_its_own_way(configuration, values):
    written = await configuration.write(
        [
            ("audio.volume", "37"),
            ("audio.volume", "loud"),
            ("nothing", 1),
            ("password", "x"),
            ("port", "full"),
        ]
    )
    assert [row.outcome for row in written] == [
        VariableOutcome.NOERROR,
        VariableOutcome.INVALID_VALUE,
        VariableOutcome.NO_SUCH_NAME,
        VariableOutcome.NOT_EDITABLE,
        VariableOutcome.NOT_KEPT,
    ]
    assert [row.value for row in written] == ["37", "loud", 1, None, "full"]
    assert "whole number" in written[1].detail
    assert values["volume"] == 37
    assert not configuration.reboot_needed


async def test_what_waits_for_the_next_start_is_told(configuration):
    await configuration.write([("port", 9000)])
    assert configuration.reboot_needed


def test_values_as_text_and_number():
    assert [as_text(value) for value in (None, True, False, 5, "x")] == ["", "true", "false", "5", "x"]
    assert [as_whole_number(value) for value in (5, "5")] == [5, 5]
    for value in (True, None, "5.5", 5.0, ""):
        with pytest.raises(InvalidRequest):
            as_whole_number(value)
