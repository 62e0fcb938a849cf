"""The calendar as settings make it, and what is remembered of what was found."""

from __future__ import annotations

import asyncio

import pytest

from videobar import local_room
from videobar.adapters.store.database import Database
from videobar.adapters.store.secrets import SecretBox
from videobar.adapters.store.sqlite import SqliteStore
from videobar.assembly.calendar import Remembered
from videobar.assembly.config_variables import StoredSettings
from videobar.errors import StartError
from videobar.room.calendar.port import CalendarAccount, ProviderKind
from videobar.settings import load
from videobar.vocabulary import CalendarState


@pytest.fixture
def remember(tmp_path):
    """Remember an account as discovery does, in the data of a room that does not run."""

    async def remember(account: CalendarAccount, **given: str) -> None:
        database = Database(tmp_path / "room.sqlite")
        stored = StoredSettings(SqliteStore(database), SecretBox(tmp_path / "secrets.key"))
        await Remembered(load(given, {}), stored)(account)
        database.close()
        content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        assert account.password.encode() not in content

    return remember


async def state_of(data, wanted, **changes):
    async with local_room(data, engine="simulated", **changes) as room:
        for _ in range(3000):
            state = (await room.calendar.status()).status
            if state is wanted:
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"it is {state} and never became {wanted}")


async def test_what_was_found_is_used_at_the_next_start_and_none_ends_it(tmp_path, remember):
    file = tmp_path / "meetings.ics"
    file.write_text("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VCALENDAR\r\n")
    await remember(CalendarAccount(kind=ProviderKind.ICS, url=str(file), password="hush-hush"))
    await state_of(tmp_path, CalendarState.ONLINE)
    await state_of(tmp_path, CalendarState.DISABLED, calendar_provider="none")


async def test_what_an_operator_gave_wins(tmp_path, remember):
    await remember(
        CalendarAccount(kind=ProviderKind.ICS, url="/x.ics", password="hush-hush"), calendar_provider="none"
    )
    await state_of(tmp_path, CalendarState.DISABLED)


async def test_settings_of_the_api_that_do_not_fit_are_no_reason_not_to_start(tmp_path, remember):
    await remember(CalendarAccount(kind=ProviderKind.EWS, url="https://x.example/", password="hush-hush"))
    await state_of(tmp_path, CalendarState.ERR_UNKNOWN)


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        ({"calendar_provider": "caldav"}, "^calendar_url: "),
        (
            {"calendar_provider": "caldav", "calendar_url": "nonsense", "calendar_user": "x"},
            "^calendar_url: ",
        ),
        ({"calendar_gateways": "skype={id}@x.example"}, "there is no link rule 'skype'"),
        ({"calendar_patterns": "/nowhere/rules.toml"}, "^calendar_patterns or calendar_gateways: "),
    ],
)
async def test_flags_that_do_not_fit_are_one_line_for_the_operator(tmp_path, flags, complaint):
    with pytest.raises(StartError, match=complaint):
        async with local_room(tmp_path, engine="simulated", **flags):
            pass
