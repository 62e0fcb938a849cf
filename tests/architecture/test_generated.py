import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tools import generate


@pytest.mark.parametrize("name", generate.FILES)
def test_a_generated_file_is_current(name):
    assert generate.is_current(generate.ROOT, name), generate.AGAIN


def test_a_stale_file_is_named_and_written_anew(tmp_path, capsys):
    assert generate.main(["--check"], tmp_path) == 1
    assert capsys.readouterr().err.splitlines() == [
        f"{name} is not current; {generate.AGAIN}" for name in generate.FILES
    ]
    assert generate.main([], tmp_path) == 0
    assert generate.main(["--check"], tmp_path) == 0
    for name in generate.FILES:
        (tmp_path / name).write_text("")
        assert generate.main(["--check", name], tmp_path) == 1
        assert generate.main([name], tmp_path) == 0
        assert (tmp_path / name).read_text() == generate.FILES[name]()


def test_a_file_that_is_not_generated_is_refused(tmp_path):
    with pytest.raises(SystemExit) as refused:
        generate.main(["README.md"], tmp_path)
    assert refused.value.code == 2


def test_what_is_made_is_the_same_each_time():
    assert all(make() == make() for make in generate.FILES.values())


def test_check_writes_nothing(tmp_path):
    generate.main([], tmp_path)
    page = tmp_path / "docs" / "actions.md"
    changed = page.read_text().replace("volume", "Volume", 1)
    page.write_text(changed)
    assert generate.main(["--check"], tmp_path) == 1
    assert page.read_text() == changed


def test_the_lock_file_knows_every_requirement_of_the_project():
    """As `uv lock --check` would say, without asking an index."""
    project = tomllib.loads((generate.ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].items()
    wanted = {canonicalize_name(Requirement(each).name) for each in project["dependencies"]}
    wanted |= {canonicalize_name(Requirement(each).name) for _, extra in extras for each in extra}
    packages = tomllib.loads((generate.ROOT / "uv.lock").read_text())["package"]
    (ours,) = (package for package in packages if package["name"] == "videobar")
    locked = {each["name"] for each in ours["metadata"]["requires-dist"]}
    assert wanted - {"videobar"} <= locked
