"""Roles, accounts, passwords, lock-outs and the audit log in whole rooms."""

import pytest

from videobar.app import App
from videobar.client.aio import AsyncRoom
from videobar.contract.config import ConfigChange, ConfigRequest
from videobar.contract.security import AccountRequest, PasswordRequest
from videobar.errors import (
    InvalidRequest,
    NoSuchSession,
    NotPermitted,
    PasswordWrong,
    SessionInvalidUserNamePassword,
    SessionNoActiveSession,
    SessionPortLockout,
    TooManyLogins,
)
from videobar.in_process import InProcess
from videobar.settings import load
from videobar.vocabulary import Role

PASSWORD = "correct horse"


class House:
    """Starts a room again and again on the same data, and lets people in."""

    def __init__(self, data):
        self.data, self.app, self.people = data, None, []

    async def start(self, **settings):
        await self.stop()
        flags = {"engine": "simulated", "admin_password": PASSWORD, **settings, "data": str(self.data)}
        self.app = App(load(flags, {}), https=False)
        await self.app.start()

    async def enter(self, user="admin", password=PASSWORD):
        room = AsyncRoom("127.0.0.1", user=user, password=password, transport=InProcess(self.app.handle))
        self.people.append(room)
        await room.audio.volume()
        return room

    async def stop(self):
        for room in self.people:
            await room.close()
        self.people = []
        if self.app is not None:
            await self.app.stop()


@pytest.fixture
async def house(tmp_path):
    made = House(tmp_path)
    await made.start()
    yield made
    await made.stop()


async def test_a_user_may_use_the_room_and_not_change_it(house):
    admin = await house.enter()
    await admin.security.add_account(AccountRequest(user="Ada", password="another word"))
    ada = await house.enter("ada", "another word")
    assert (await ada.session.current()).role is Role.USER
    await ada.audio.set_volume(33)
    await (await ada.dial("ada@sim")).connected()
    await ada.system.status()
    for forbidden in (ada.config.variables, ada.security.accounts, ada.session.all, ada.system.logs):
        with pytest.raises(NotPermitted):
            await forbidden()
    with pytest.raises(NotPermitted):
        await ada.system.set_name("Ada's")


async def test_accounts_survive_and_end_with_their_sessions(house):
    admin = await house.enter()
    await admin.security.add_account(AccountRequest(user="ada", password="another word", role=Role.ADMIN))
    await house.start()
    ada = await house.enter("ADA", "another word")
    assert [(one.user, one.role) for one in await ada.security.accounts()] == [
        ("ada", Role.ADMIN),
        ("admin", Role.ADMIN),
    ]
    admin = await house.enter()
    assert [one.user for one in await admin.security.sessions()] == ["ada", "admin"]
    await admin.security.remove_account("ada")
    assert [one.user for one in await admin.security.sessions()] == ["admin"]
    with pytest.raises(SessionInvalidUserNamePassword):
        await house.enter("ada", "another word")


async def test_a_changed_password_ends_the_other_sessions(tmp_path):
    house = House(tmp_path)
    await house.start(admin_password=None, name="Lobby")
    serial = house.app.serial_number
    one, other = await house.enter(password=serial), await house.enter(password=serial)
    assert len(await one.security.sessions()) == 2
    with pytest.raises(PasswordWrong):
        await one.security.set_password("ADMIN", PasswordRequest(old_password="x", new_password=PASSWORD))
    with pytest.raises(InvalidRequest, match="newPassword"):
        await one.security.set_password("ADMIN", PasswordRequest(old_password=serial, new_password="x"))
    await one.security.set_password("ADMIN", PasswordRequest(old_password=serial, new_password=PASSWORD))
    assert [session.own for session in await one.security.sessions()] == [True]
    with pytest.raises(SessionInvalidUserNamePassword):
        await other.audio.volume()
    await house.start(admin_password=None)
    await house.enter()
    await house.stop()


async def test_a_session_can_be_ended_by_its_handle(house):
    admin, other = await house.enter(), await house.enter()
    (handle,) = [one.handle for one in await admin.security.sessions() if not one.own]
    await admin.security.end_session(handle)
    with pytest.raises(SessionNoActiveSession):
        await other.session.current()
    with pytest.raises(NoSuchSession):
        await admin.security.end_session(handle)


async def fail(house, times, user="admin"):
    for _ in range(times):
        with pytest.raises(SessionInvalidUserNamePassword):
            await house.enter(user, "wrong")


async def test_failures_and_lockouts_survive_a_restart(house):
    await house.start(lockout_attempts="3", lockout_minutes="60")
    await fail(house, 2)
    await house.start(lockout_attempts="3", lockout_minutes="60")
    await fail(house, 1)
    await house.start(lockout_attempts="3", lockout_minutes="60")
    with pytest.raises(SessionPortLockout):
        await house.enter()


async def test_a_user_is_locked_out_alone(house):
    await house.start(lockout_attempts="off", account_lockout_attempts="2", account_lockout_minutes="60")
    admin = await house.enter()
    await admin.security.add_account(AccountRequest(user="ada", password="another word"))
    await fail(house, 2, "ada")
    await house.start(lockout_attempts="off", account_lockout_attempts="2", account_lockout_minutes="60")
    with pytest.raises(SessionPortLockout):
        await house.enter("ada", "another word")
    await house.enter()


async def test_the_rate_of_logins_is_limited_and_survives_a_restart(house):
    await house.start(logins_per_minute="2")
    await house.enter()
    await house.start(logins_per_minute="2")
    await house.enter()
    with pytest.raises(TooManyLogins):
        await house.enter()


async def test_the_audit_log_tells_who_did_what_and_survives(house):
    admin = await house.enter()
    await admin.audio.set_volume(33)
    with pytest.raises(InvalidRequest):
        await admin.system.set_name("\n")
    volume, secret = "audio.volume.speakervolume", "sip_password"
    await admin.config.act(ConfigRequest(names=[volume]))
    changes = [ConfigChange(name=volume, value=40), ConfigChange(name=secret, value=PASSWORD)]
    await admin.config.act(ConfigRequest(vars=changes))
    await admin.devicemanagement.devices()
    await fail(house, 1)
    await house.start()
    admin = await house.enter()
    entries = await admin.security.audit(limit=10)
    assert [one.names for one in entries if one.action == "config_act"] == [[volume, secret]]
    assert "devicemanagement_devices" not in {one.action for one in entries}
    seen = [(one.action, one.user, one.status) for one in reversed(entries)]
    assert seen[:2] == [("session_login", "admin", 200), ("audio_volume_set", "admin", 200)]
    assert ("system_name_set", "admin", 400) in seen
    assert ("session_login", "", 403) in seen
    assert all(one.address for one in entries)
    assert "wrong" not in repr(entries)
    assert PASSWORD not in repr(entries)
