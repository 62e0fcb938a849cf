"""The contract as a page for people: every action by area, then every shape and word that they carry."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from videobar.contract import openapi
from videobar.contract.index import AREAS, OPERATIONS
from videobar.contract.operation import Access, Certainty, Danger, Operation

Schema = Mapping[str, Any]

HEAD = """# Actions

Made from `src/videobar/contract` by `python tools/generate.py`; a test compares the two.

An action has one name everywhere: the id `conferences_dial` is `room.conferences.dial(...)` in Python. Every path
below `/rest` also answers below `/rest/current`; what lies below `/x` is ours alone. Nearly all actions need an
administrator's session, and writes in it the header `X-XSRF-Token`. Whatever an action cannot do is answered with
`{"success": false, "reason": "<code>: <detail>"}`, and without a session with status 403 and a page in HTML.

Two paths that clients of real devices use are decided not to be here (404): `POST /rest/system/ui`, which shows
another screen of a Group Series' own interface, since a room has none, and
`POST /rest/devicemanagement/update/available`, of which no answer is known; firmware is not what a room runs."""

CERTAINTIES: Mapping[Certainty, str] = {
    Certainty.RECORDED: "recorded from a real device",
    Certainty.CLIENT: "clients of real devices depend on it",
    Certainty.DOCUMENTED: "stated by the vendor's guide",
    Certainty.INFERRED: "no evidence was found: decided here",
}


def page() -> str:
    """The whole page, in Markdown."""
    document = openapi.document()
    lines = [HEAD, ""]
    lines += [f"* **{certainty.value}**: {meaning}" for certainty, meaning in CERTAINTIES.items()]
    for area in AREAS:
        lines += ["", f"## {area}", ""]
        for operation in (operation for operation in OPERATIONS if operation.area == area):
            item = document["paths"][operation.url][operation.method.lower()]
            lines += _action(operation, item)
    lines += ["", "## Shapes", ""]
    for name, schema in document["components"]["schemas"].items():
        lines += _shape(name, schema)
    return "\n".join(lines).rstrip() + "\n"


def _action(operation: Operation, item: Schema) -> Iterator[str]:
    yield f"### {operation.id}"
    yield ""
    yield " · ".join(
        [
            f"`{' | '.join(operation.methods)} {operation.url}`",
            *(f"also `/rest{path}`" for path in operation.synonyms),
            f"`{operation.area}.{operation.name}`",
            *_marks(operation),
        ]
    )
    yield ""
    yield f"{operation.summary}\n\n{operation.description}".strip()
    yield ""
    yield from _parameters(item)
    if "requestBody" in item:
        optional = "" if item["requestBody"]["required"] else "; may be left out"
        yield f"* body: {_content(item['requestBody']['content'])}{optional}"
    yield f"* answer: {_content(item['responses']['200'].get('content', {}))}"
    if operation.errors:
        yield f"* errors: {', '.join(f'`{error.__name__}`' for error in operation.errors)}"
    if operation.decided:
        yield f"* decided here: {operation.decided}"
    yield ""


def _marks(operation: Operation) -> Iterator[str]:
    if operation.own:
        yield "ours alone"
    else:
        yield operation.certainty.value
        if not operation.documented:
            yield "not in the guide"
    if operation.access is Access.OPEN:
        yield "needs no session"
    if operation.danger is not Danger.NONE:
        yield f"**{operation.danger.value}**"


def _parameters(item: Schema) -> Iterator[str]:
    for parameter in item.get("parameters", ()):
        if parameter.get("in") in ("path", "query"):
            schema = parameter["schema"]
            meaning = parameter.get("description") or schema.get("description", "")
            kind = _kind(schema) + _default(schema)
            yield f"* {parameter['in']} `{parameter['name']}`: {kind}. {meaning}".rstrip()


def _content(content: Schema) -> str:
    if not content:
        return "empty"
    if openapi.JSON in content:
        return _kind(content[openapi.JSON]["schema"])
    return "a file, " + " or ".join(f"`{media_type}`" for media_type in content)


def _shape(name: str, schema: Schema) -> Iterator[str]:
    yield f"### {name}"
    yield ""
    if text := schema.get("description", ""):
        yield " ".join(text.split())
        yield ""
    if "enum" in schema:
        yield _values(schema["enum"])
    else:
        yield from _fields(schema)
    yield ""


def _fields(schema: Schema) -> Iterator[str]:
    yield "| field | type | default | meaning |"
    yield "|---|---|---|---|"
    for name, field in schema["properties"].items():
        optional = "may be absent" if name not in schema.get("required", ()) else ""
        default = f"`{_literal(field['default'])}`" if "default" in field else optional
        cells = (f"`{name}`", _kind(field), default, field.get("description", ""))
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _kind(schema: Schema) -> str:
    """A type in words, with its bounds and with links to shapes."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(map(_kind, schema["anyOf"]))
    if "enum" in schema:
        return _values(schema["enum"])
    if schema["type"] == "array":
        items = _kind(schema["items"])
        return f"list of ({items})" if "anyOf" in schema["items"] else f"list of {items}"
    return f"{schema['type']}{_bounds(schema)}"


def _bounds(schema: Schema) -> str:
    """The bounds of a number or text, in words; those that the contract does not use are not looked for.

    Every text and list of a request has a most: those stand in the OpenAPI file, and here they would be in the way.
    """
    low, high = schema.get("minimum"), schema.get("maximum")
    if "pattern" in schema:
        return f" like `{schema['pattern']}`"
    if "minLength" in schema:
        return f" of {schema['minLength']} to {schema['maxLength']} characters"
    if low is not None and high is not None:
        return f", {low} to {high}"
    return "" if low is None else f", {low} or more"


def _default(schema: Schema) -> str:
    return f", `{_literal(schema['default'])}` if left out" if "default" in schema else ""


def _values(values: Iterable[Any]) -> str:
    return ", ".join(f"`{value}`" for value in values)


def _literal(value: Any) -> str:
    return value if isinstance(value, str) and value else json.dumps(value)
