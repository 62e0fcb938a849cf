"""README, CONTRIBUTING and all pages of docs hold: what they tell to type is run, and what they show is compared.

`VIDEOBAR_DOCS_REWRITE=1 pytest tests/test_docs.py` writes the outputs that have another shape into the pages.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib

import pypdfium2
import pytest
from tests.docs import shape, tables
from tests.docs.following import Reader, rewritten
from tests.docs.machine import Machine
from tests.docs.pages import ROOT, Block, all_pages, blocks, commands, name_of, prose

PAGES = {name_of(page): page.read_text() for page in all_pages()}
RUNNABLE = [page for page, text in PAGES.items() if any(block.language != "text" for block in blocks(text))]
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
REQUEST = re.compile(r"\b(GET|POST|PUT|DELETE) (/(?:rest|x)/[^\s`?|…]*)")
PUBLIC = frozenset(
    {
        "videobar",
        "videobar.client",
        "videobar.conformance",
        "videobar.contract",
        "videobar.errors",
        "videobar.vocabulary",
    }
)


def given(folder):
    """Files that readers have: a document and a picture."""
    document = pypdfium2.PdfDocument.new()
    for _ in range(3):
        document.new_page(200, 100)
    document.save(folder / "plan.pdf")
    picture = (ROOT / "docs" / "drawn-room.jpg").read_bytes()
    return {"slides/plan.pdf": (folder / "plan.pdf").read_bytes(), "slides/plan.png": picture}


@pytest.mark.parametrize("page", RUNNABLE)
def test_a_page_holds(page, tmp_path):
    machine = Machine(tmp_path / "home")
    reader = Reader(page, machine, given(tmp_path))
    try:
        reader.follow(PAGES[page])
    finally:
        if os.environ.get("VIDEOBAR_DOCS_REWRITE"):
            (ROOT / page).write_text(rewritten(PAGES[page], reader.printed))
        machine.stop()
    assert reader.left_out == {entry for entry in tables.NOT_RUN if entry[0] == page}


def test_what_is_not_run_names_pages_that_are_there_and_a_reason():
    assert {page for page, _ in tables.NOT_RUN} <= set(PAGES)
    assert all(tables.NOT_RUN.values())


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    folder = (ROOT / page).parent
    assert [link for link in LINK.findall(prose(PAGES[page])) if not (folder / link).exists()] == []


def test_every_page_can_be_reached_from_the_readme():
    seen, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        waiting += [(page.parent / link).resolve() for link in LINK.findall(prose(page.read_text()))]
    assert [name_of(page) for page in all_pages() if page not in seen] == []


@pytest.mark.parametrize("page", PAGES)
def test_code_is_fenced_and_says_its_language(page):
    assert [block.line for block in blocks(PAGES[page]) if block.language in ("", "indented")] == []


@pytest.mark.parametrize("page", PAGES)
def test_extras_are_ones_that_there_are(page):
    known = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"])
    for named in re.findall(r"(?:'\.|`videobar)\[([\w,]+)\]", PAGES[page]):
        assert set(named.split(",")) <= known


@pytest.mark.parametrize("page", PAGES)
def test_commands_stand_in_console_blocks_only(page):
    text = PAGES[page]
    for block in blocks(text):
        if block.language == "text":
            assert not re.search(r"^\s*(?:\$|curl|videobar) ", block.text, re.MULTILINE), block
    assert not re.search(r"^\s*\$ ", prose(text), re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_patterns_are_quoted_for_shells_that_expand_them(page):
    for block in blocks(PAGES[page]):
        for command in commands(block) if block.language == "console" else ():
            unquoted = re.sub(r"'[^']*'|\"[^\"]*\"|\\.|\$\?|#.*", "", command.text.split("<<")[0])
            assert not re.search(r"[*?\[]", unquoted), command


@pytest.mark.parametrize("page", [page for page in PAGES if page not in tables.FRAGMENTS])
def test_python_is_a_whole_program(page):
    for block in blocks(PAGES[page]):
        if block.language == "python":
            ast.parse(block.text)
            compile(block.text, page, "exec")


@pytest.mark.parametrize("page", [page for page in PAGES if page not in ("docs/actions.md", "docs/cli.md")])
def test_requests_are_ones_that_the_room_knows(page):
    paths = json.loads((ROOT / "docs" / "openapi.json").read_text())["paths"]
    known = [("GET", re.compile("/x/openapi.json"))] + [
        (method.upper(), re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path))))
        for path, methods in paths.items()
        for method in methods
    ]
    for method, path in REQUEST.findall(PAGES[page]):
        spelled = path.rstrip(".,;:)")
        if "<" in spelled:
            continue
        assert any(method == one and pattern.fullmatch(spelled) for one, pattern in known), f"{method} {path}"


@pytest.fixture(scope="module")
def top_commands():
    """The first words of commands, as `videobar --help` lists them."""
    shown = subprocess.run(
        [sys.executable, "-m", "videobar.cli.main", "--help"], capture_output=True, text=True, check=True
    ).stdout
    return set(re.findall(r"^  ([a-z][a-z-]+)", shown, re.MULTILINE))


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_flags_in_the_text_are_ones_that_there_are(page, top_commands):
    cli = (ROOT / "docs" / "cli.md").read_text()
    flags = set(re.findall(r"`(--[a-z][\w-]*)", cli + (ROOT / "docs" / "settings.md").read_text()))
    areas = set(re.findall(r"^### (\S+)", cli, re.MULTILINE))
    actions = set(re.findall(r"^### (\S+ \S+)", cli, re.MULTILINE))
    for text in INLINE.findall(prose(PAGES[page])):
        words = [word for word in text.split() if "…" not in word]
        if not words or (words[0] != "videobar" and not words[0].startswith("--")):
            continue
        for flag in re.findall(r"(?<!\S)(--[a-z][\w-]*)", text):
            assert flag in flags | {"--help", "--version", "--config"}, text
        if len(words) > 1 and words[0] == "videobar" and re.fullmatch(r"[a-z][a-z-]+", words[1]):
            assert words[1] in top_commands, text
            if len(words) > 2 and re.fullmatch(r"[a-z][a-z-]+", words[2]) and words[1] in areas:
                assert " ".join(words[1:3]) in actions or f"### {words[1]} [" in cli, text


@pytest.mark.parametrize("file", sorted((ROOT / "examples").glob("*.py")), ids=lambda file: file.name)
def test_examples_import_public_names_only(file):
    assert imported(file.read_text()) <= PUBLIC


@pytest.mark.parametrize("page", PAGES)
def test_pages_import_public_names_only(page):
    for block in blocks(PAGES[page]):
        if block.language == "python":
            assert imported(block.text) <= PUBLIC


def imported(program):
    """The modules of videobar that a program imports."""
    found = set()
    for node in ast.walk(ast.parse(program)):
        if isinstance(node, ast.ImportFrom):
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found.update(name.name for name in node.names)
    return {name for name in found if name.split(".")[0] == "videobar"}


def test_commands_are_read_with_continuations_documents_and_output():
    text = "$ cat <<END\na\n\nEND\n$ ls \\\n  -l\ntotal 0\n"
    first, second = commands(Block("console", text, 10))
    assert (first.text, first.shown) == ("cat <<END\na\n\nEND", ())
    assert (second.text, second.shown, second.line) == ("ls \\\n  -l", ("total 0",), 15)
    with pytest.raises(ValueError, match="not a command"):
        commands(Block("console", "ls\n", 1))


def test_a_shape_is_the_words_and_not_the_numbers():
    assert shape.matches(["ended 1, 2", "…"], ["ended 3, 17", "a", "b"])
    assert shape.matches(["id  name", "1   ada@sim"], ["id   name", "12   ada@sim", ""])
    assert shape.matches(['{"id":1,…}'], ['{"id":7,"more":[]}'])
    assert not shape.matches(["connected"], ["busy"])
    assert not shape.matches(["one"], ["one", "two"])
    assert not shape.matches(["one", "two"], ["one"])
