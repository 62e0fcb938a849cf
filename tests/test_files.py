import errno
import os

import pytest

from videobar.files import (
    is_free,
    is_regular,
    open_regular,
    open_to_overwrite,
    read_regular,
    require_video_device,
)


@pytest.fixture
def others(tmp_path):
    """Paths that are no regular files."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to(tmp_path / "fifo")
    return [tmp_path / "fifo", tmp_path / "link", tmp_path, "/dev/zero", "/dev/null", "/dev/tty"]


def test_nothing_else_is_opened(others):
    for path in others:
        for opened in (open_regular, lambda path: read_regular(path, 1), open_to_overwrite):
            with pytest.raises(OSError, match="not a regular file|Is a directory|Invalid argument"):
                opened(path)


def test_a_file_is_read_within_bounds(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"12345")
    assert read_regular(file, 5) == b"12345"
    with pytest.raises(OSError, match="is longer than 4 bytes") as caught:
        read_regular(file, 4)
    assert caught.value.errno == errno.EFBIG
    with pytest.raises(FileNotFoundError):
        read_regular(tmp_path / "other", 5)


def test_a_file_is_emptied_and_written(tmp_path):
    file = tmp_path / "file"
    for _ in range(2):
        descriptor = open_to_overwrite(file)
        assert file.read_bytes() == b""
        os.write(descriptor, b"something")
        os.close(descriptor)


def test_only_video_devices_pass_for_some(others):
    for path in others:
        with pytest.raises(OSError, match="not a video device|Invalid argument"):
            require_video_device(os.fspath(path))
    with pytest.raises(FileNotFoundError):
        require_video_device("/dev/video97")


def test_names_that_no_file_can_have():
    for name in ("a\0b", "x" * 5000, ""):
        assert not is_regular(name)
        assert not is_free("a\0b")


def test_what_is_there(others, tmp_path):
    assert not any(is_regular(path) or is_free(path) for path in others)
    assert is_free(tmp_path / "new")
    (tmp_path / "new").touch()
    assert is_regular(tmp_path / "new")
    assert not is_free(tmp_path / "new")
