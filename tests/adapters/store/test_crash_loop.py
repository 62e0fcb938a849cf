import json
import time

import pytest

from videobar.adapters.store.crash_loop import FILE_NAME, TOO_MANY, CrashLoopGuard


def test_failing_again_and_again(tmp_path, caplog):
    assert [CrashLoopGuard(tmp_path).begin() for _ in range(TOO_MANY + 1)] == [False] * TOO_MANY + [True]
    assert "safe mode" in caplog.text
    CrashLoopGuard(tmp_path).settle()
    CrashLoopGuard(tmp_path).settle()
    assert not CrashLoopGuard(tmp_path).begin()


def test_failures_of_long_ago_do_not_count(tmp_path):
    now = time.time()
    (tmp_path / FILE_NAME).write_text(json.dumps([now - 100, now - 90, now - 80, now + 1000]))
    assert not CrashLoopGuard(tmp_path).begin()


@pytest.mark.parametrize("content", ["", "{", "7", '["x"]'])
def test_a_damaged_count_is_none(tmp_path, content):
    (tmp_path / FILE_NAME).write_text(content)
    assert not CrashLoopGuard(tmp_path).begin()


def test_a_disk_that_cannot_be_written(tmp_path):
    assert not CrashLoopGuard(tmp_path / "missing").begin()
