from __future__ import annotations

import pytest

from videobar.adapters.host.content_files import ContentDirectory
from videobar.errors import NoSuchContentSource


@pytest.fixture
def directory(tmp_path):
    files = tmp_path / "content"
    files.mkdir()
    for name in ("b.PNG", "a.pdf", "film.mp4", "notes.txt", ".png"):
        (files / name).write_bytes(b"x")
    (files / "folder.png").mkdir()
    (tmp_path / "secret.png").write_bytes(b"x")
    return ContentDirectory(files)


def test_files_of_known_kinds_by_name(directory):
    assert [source.id for source in directory.sources()] == ["a.pdf", "b.PNG", "film.mp4"]
    assert directory.find("b.PNG").url.startswith("picture:/")
    assert directory.find("a.pdf").pages


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../secret.png",
        "/etc/passwd",
        "notes.txt",
        "folder.png",
        "gone.png",
        "a\0.png",
        "x/../b.PNG",
        "a" * 300 + ".png",
        "\udcff.png",
    ],
)
def test_nothing_else_can_be_named(directory, name):
    with pytest.raises(NoSuchContentSource, match="source"):
        directory.find(name)


def test_a_directory_that_is_not_there_is_empty(tmp_path):
    assert ContentDirectory(tmp_path / "none").sources() == ()
