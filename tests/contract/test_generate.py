import json

from videobar.contract import generate, openapi


def test_writes_both_files_and_then_finds_nothing_to_do(tmp_path):
    docs = tmp_path / "new" / "docs"

    assert generate.main(["--docs", str(docs)]) == 0

    assert sorted(file.name for file in docs.iterdir()) == ["actions.md", "openapi.json"]
    assert json.loads((docs / "openapi.json").read_text()) == openapi.document()
    assert generate.main(["--check", "--docs", str(docs)]) == 0


def test_check_names_what_is_missing_and_writes_nothing(tmp_path, capsys):
    assert generate.main(["--check", "--docs", str(tmp_path)]) == 1

    said = capsys.readouterr().err
    assert "openapi.json is not current" in said
    assert "actions.md is not current" in said
    assert list(tmp_path.iterdir()) == []


def test_check_notices_one_changed_byte_and_leaves_it(tmp_path):
    generate.write(tmp_path)
    page = tmp_path / "actions.md"
    changed = page.read_text().replace("volume", "Volume", 1)
    page.write_text(changed)

    assert generate.stale(tmp_path) == ["actions.md"]
    assert page.read_text() == changed


def test_what_is_made_is_the_same_each_time():
    assert generate.pages() == generate.pages()
