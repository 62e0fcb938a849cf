"""That following a page fails where the page is wrong, whatever is wrong."""

from __future__ import annotations

import pytest
from tests.docs.following import Reader, Wrong, rewritten
from tests.docs.machine import Machine


@pytest.fixture
def follow(tmp_path):
    machine = Machine(tmp_path / "home")

    def run(text):
        reader = Reader("docs/page.md", machine, {})
        try:
            reader.follow(text)
        finally:
            run.reader = reader

    yield run
    machine.stop()


def console(text):
    return f"# Page\n\n```console\n{text}```\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (console("$ videobar content get\n"), r":4: videobar content get\nends with 2"),
        (console("$ cat no-such-file\n"), "No such file"),
        (console("$ echo one\ntwo\n"), "page shows\ntwo"),
        (console("$ echo one\none\ntwo\n"), "page shows"),
        (console("$ echo one two\none\n"), "page shows"),
        (console("no command\n"), "not a command"),
        (console(""), "not a command"),
        ("```python\nimport videobar.nothing\n```\n", "ModuleNotFoundError"),
        ("```python\nasync with x:\n    pass\n```\n", "SyntaxError"),
        ("```python\nimport sys\nsys.exit(3)\n```\n", ":1: "),
        ("```toml\nno_such_setting = 1\n```\n", "no setting 'no_such_setting'"),
        ("```toml\n[lobby]\nhots = '10.0.0.5'\n```\n", "hots"),
        ("```json\n{}\n```\n", "nobody runs a block of the language 'json'"),
        ("```sh\nls\n```\n", "nobody runs"),
        ("```\nvideobar serve\n```\n", "nobody runs"),
        ("text\n\n    videobar serve\n", "nobody runs"),
        ("```yaml\na: 1\n```\n", "nobody runs 'a: 1'"),
    ],
)
def test_what_is_wrong_is_told_with_page_and_line(follow, text, complaint):
    with pytest.raises(Wrong, match=complaint) as told:
        follow(text)
    assert str(told.value).startswith("docs/page.md:")


def test_what_holds_passes_and_a_shell_goes_on(follow):
    follow(console("$ cd / && export NAME=42\n$ pwd && echo $NAME id\n/\n7 id\n$ cat <<END\na\nEND\na\n"))


def test_output_of_another_shape_is_written_into_the_page(follow):
    text = console("$ echo one\ntwo\nthree\n$ echo 1\n2\n$ echo four\n…\n")
    with pytest.raises(Wrong):
        follow(text)
    assert rewritten(text, follow.reader.printed) == console("$ echo one\none\n$ echo 1\n2\n$ echo four\n…\n")
