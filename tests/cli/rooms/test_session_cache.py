"""`--session-cache` and `logout`."""

import pytest

from videobar.client.kept import KeptSession, SessionFile, default_folder


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """Keeps a session with a room."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def keep(host, port=443, user="admin"):
        SessionFile(default_folder(), host, port, user).save(KeptSession({"session_id": "x"}, None, 0))

    return keep


@pytest.mark.parametrize(
    ("profile", "words", "wanted"),
    [
        ("", (), False),
        ("", ("--session-cache",), True),
        ("session_cache = true", (), True),
        ("session_cache = true", ("--no-session-cache",), False),
    ],
)
def test_who_asks_for_it(profile, words, wanted, videobar, save_profiles, kept):
    save_profiles(f'[lobby]\nhost = "x"\n{profile}\n')
    assert videobar("mute", *words).status == 0
    assert videobar.opened[0][0].session_cache is wanted


def test_while_a_session_is_kept_nobody_is_asked_for_a_password(videobar, kept, monkeypatch):
    monkeypatch.delenv("VIDEOBAR_PASSWORD")
    kept("lobby")
    assert videobar("mute").status == 2
    assert videobar("mute", "--session-cache").status == 0
    ((_, password),) = videobar.opened
    monkeypatch.setenv("VIDEOBAR_PASSWORD", "late")
    assert password() == "late"
    assert videobar("mute", "--session-cache", "--user", "other").status == 0
    assert videobar.opened[-1][1] == "late"


def test_logging_out_of_rooms(videobar, kept):
    videobar.room("a").sessions = 1
    ran = videobar("logout", "a", "b")
    assert (ran.status, ran.lines) == (0, ["a: logged out", "b: no session was kept"])
    assert all(target.session_cache and password is None for target, password in videobar.opened)
