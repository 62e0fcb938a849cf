import pytest

from videobar.adapters.store.memory import MemoryStore
from videobar.contract.access import ADMINISTRATION, NOT_FOR_USERS, role_for
from videobar.contract.index import AREAS, OPERATIONS
from videobar.errors import AccountExists, InvalidRequest, NoSuchAccount, PasswordWrong
from videobar.room.accounts import MOST_ACCOUNTS, Account, Accounts, PasswordPolicy
from videobar.vocabulary import Role


class Plain:
    async def hash(self, password):
        return "h:" + password

    async def verify(self, stored, password):
        return stored == "h:" + password


@pytest.fixture
async def accounts():
    made = Accounts(store=MemoryStore(), passwords=Plain(), policy=PasswordPolicy(min_length=4, history=2))
    await made.save("admin", "h:first")
    return made


async def test_accounts_come_and_go(accounts):
    assert await accounts.add(" Ada ", Role.USER, "secret") == Account("ada", Role.USER)
    assert await accounts.add("bob", Role.ADMIN, "secret") == Account("bob", Role.ADMIN)
    assert accounts.all() == [
        Account("ada", Role.USER),
        Account("admin", Role.ADMIN),
        Account("bob", Role.ADMIN),
    ]
    with pytest.raises(AccountExists):
        await accounts.add("ADA", Role.ADMIN, "secret")
    await accounts.remove("Ada")
    assert await accounts.load("ada") is None
    assert [one.name for one in accounts.all()] == ["admin", "bob"]
    with pytest.raises(NoSuchAccount):
        await accounts.remove("ada")
    with pytest.raises(InvalidRequest, match="admin cannot be removed"):
        await accounts.remove("Admin")


@pytest.mark.parametrize("name", ["", "a b", "../x", "x" * 65, "ä", ".x", "a\n"])
async def test_names_that_are_none(accounts, name):
    if name == "a\n":
        await accounts.add(name, Role.USER, "secret")  # white space around a name is no part of it
        return
    with pytest.raises(InvalidRequest, match=r"^InvalidRequest: user: "):
        await accounts.add(name, Role.USER, "secret")


async def test_not_without_end(accounts):
    for number in range(MOST_ACCOUNTS - 1):
        await accounts.add(f"u{number}", Role.USER, "secret")
    with pytest.raises(InvalidRequest, match="200 accounts already"):
        await accounts.add("one.more", Role.USER, "secret")


async def test_a_password_is_changed_by_who_knows_it(accounts):
    with pytest.raises(PasswordWrong):
        await accounts.change_password("ADMIN", "wrong", "second")
    with pytest.raises(PasswordWrong):
        await accounts.change_password("nobody", "wrong", "second")
    await accounts.change_password("ADMIN", "first", "second")
    assert await accounts.load("admin") == "h:second"


async def test_the_policy(accounts):
    for password in ("abc", "x" * 1025, "ADMIN"):
        with pytest.raises(InvalidRequest, match="newPassword: must"):
            await accounts.change_password("admin", "first", password)
    await accounts.set_password("admin", "second")
    for earlier in ("first", "second"):
        with pytest.raises(InvalidRequest, match="last 2 passwords"):
            await accounts.set_password("admin", earlier)
    await accounts.set_password("admin", "third")
    await accounts.set_password("admin", "first")
    with pytest.raises(NoSuchAccount):
        await accounts.set_password("nobody", "second")


def test_the_table_of_roles_names_what_exists():
    assert set(AREAS) >= ADMINISTRATION
    assert {operation.id for operation in OPERATIONS} >= NOT_FOR_USERS
    roles = {operation.id: role_for(operation) for operation in OPERATIONS}
    assert roles["session_login"] is None
    assert roles["conferences_dial"] is roles["system_status_get"] is Role.USER
    assert roles["system_reboot"] is roles["config_act"] is roles["security_audit_get"] is Role.ADMIN
