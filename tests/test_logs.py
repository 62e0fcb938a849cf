import json
import logging

import pytest

from videobar import logs
from videobar.logs import Style, without_secrets

log = logging.getLogger("videobar.test")


@pytest.fixture(autouse=True)
def as_before():
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    logs.begin("WARNING", Style.TEXT, None)
    root.handlers[:], root.level = before, level


def test_both_outputs_have_every_line(tmp_path, capsys):
    file = tmp_path / "logs" / "room.log"
    logs.begin("INFO", Style.TEXT, file)
    log.info("hello %s", "there")
    log.debug("not this")
    logs.flush()
    assert file.read_text() == capsys.readouterr().err
    assert "INFO videobar.test: hello there" in file.read_text()
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_a_warning_takes_what_waited_along(tmp_path):
    file = tmp_path / "room.log"
    logs.begin("INFO", Style.TEXT, file)
    log.info("first")
    assert file.read_text() == ""
    log.warning("second")
    assert file.read_text().count("\n") == 2


def test_json_lines(capsys):
    logs.begin("INFO", Style.JSON, None)
    try:
        raise ValueError("password=sesame")
    except ValueError:
        log.exception("it %s", 'said "no"')
    line = json.loads(capsys.readouterr().err)
    assert line["message"] == 'it said "no"'
    assert (line["level"], line["logger"]) == ("ERROR", "videobar.test")
    assert line["time"].endswith("+00:00")
    assert "ValueError" in line["exception"]
    assert "sesame" not in line["exception"]


@pytest.mark.parametrize(
    "text",
    [
        "connecting to rtsp://admin:sesame@camera/1",
        "Cookie: session_id=sesame; a=b",
        "session PSsesame+/" + "A" * 41,
        '{"user":"admin","password":"sesame"}',
        "password = sesame",
        "the PIN: sesame",
        "Authorization: Basic sesame",
    ],
)
@pytest.mark.parametrize("style", Style)
def test_no_secret_is_written(text, style, capsys):
    logs.begin("INFO", style, None)
    log.info("got %s", text)
    written = capsys.readouterr().err
    assert "sesame" not in written
    assert "***" in written


@pytest.mark.parametrize(
    "text",
    [
        "sip:room@127.0.0.1:5060",
        "GET /rest/session 200",
        "password accepted",
        "the token went",
        "http://a/b@c",
    ],
)
def test_the_rest_stays_as_it_is(text):
    assert without_secrets(text) == text


def test_files_are_rotated_and_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(logs, "LARGEST_FILE", 2000)
    logs.begin("WARNING", Style.TEXT, tmp_path / "room.log")
    for _ in range(300):
        log.warning("x" * 100)
    files = list(tmp_path.iterdir())
    assert len(files) == logs.FILES_KEPT
    assert all(file.stat().st_size <= 2000 for file in files)
