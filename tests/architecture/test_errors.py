"""The tree in the header of `errors.py` is the tree of its classes."""

import inspect
import re

from videobar import errors

HEADER = inspect.getdoc(errors) or ""
LINE = re.compile(r"^((?:│ {3}| {4})*)(?:├── |└── )(.*)$")


def drawn():
    """Each class of the drawing with the one above it."""
    above = ["VideobarError"]
    found = {}
    for line in HEADER.splitlines():
        match = LINE.match(line.removeprefix("    "))
        if match is None:
            continue
        depth = len(match[1]) // 4
        names = re.findall(r"[A-Z]\w+", re.split(r"\s{2,}", match[2])[0])
        for name in names:
            found[name] = above[depth]
        above[depth + 1 :] = [names[0]]
    return found


def test_the_drawing_is_the_tree():
    classes = [
        each
        for _, each in inspect.getmembers(errors, inspect.isclass)
        if issubclass(each, errors.VideobarError)
    ]
    assert drawn() == {
        each.__name__: each.__base__.__name__ for each in classes if each is not errors.VideobarError
    }


def test_the_code_of_an_error_is_the_name_of_its_class():
    assert {each.code for each in errors.subclasses()} == {each.__name__ for each in errors.subclasses()}


def test_the_class_that_a_status_means():
    assert {status: kind.__name__ for status, kind in errors.BY_STATUS.items()} == {
        400: "InvalidRequest",
        401: "AccessDenied",
        403: "Refused",
        404: "NotThere",
        405: "MethodNotAllowed",
        409: "WrongState",
        410: "NotThere",
        412: "WrongState",
        413: "RequestTooLarge",
        422: "InvalidRequest",
        429: "Unavailable",
        501: "NotBuiltYet",
        503: "Unavailable",
    }
