"""The contract as an OpenAPI 3.1 document.

`document` makes it from `OPERATIONS` and nothing else. What the contract does not know, it does not say: which
status an error has is the server's business, so errors are described by ranges (`4XX`) and name their codes.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from types import MappingProxyType
from typing import Any

import msgspec

from videobar.contract.index import AREAS, OPERATIONS
from videobar.contract.model import Download, ErrorAnswer, Upload
from videobar.contract.operation import Access, Danger, Operation, Parameter
from videobar.contract.session import LoginReply

JSON = "application/json"
REFERENCE = "#/components/schemas/{name}"
COOKIE = "session_id"
BASIC = "basic"
XSRF_HEADER = "X-XSRF-Token"
XSRF_PARAMETER = "XsrfToken"
WRITES = frozenset({"POST", "PUT", "DELETE"})
LOGIN = "session_login"

FILES: Mapping[str, str] = MappingProxyType(
    {
        "cameras_snapshot_get": "image/jpeg",
        "cameras_near_presets_index_image_get": "image/jpeg",
        "collaboration_content_get": "image/jpeg",
        "collaboration_content_all_get": "application/zip",
        "directory_export": "application/xml",
        "monitoring_metrics_get": "text/plain",
        "provisioning_config_get": "application/xml",
        "system_logs_get": "application/x-tar",
    }
)
"""Media type of each answer that is a file, by action id."""

UPLOADS = ("application/xml", "text/xml")
"""Media types of a file sent as it is; it may also be the part `files` of a multipart form."""

ABOUT = """The API of the room, as its devices speak it below `/rest`, and what is ours alone below `/x`.

Every path below `/rest` also answers below `/rest/current`. Unknown query parameters and unknown fields of a \
body are ignored. Actions that the vendor's guide has carry `x-documented: true`; how well the shape of an action \
is known is its `x-certainty`: REC recorded from a device, CLI relied on by clients of devices, DOC stated by the \
guide, INF decided here. What is ours alone has none."""


def document() -> dict[str, Any]:
    """The whole document, made anew at each call."""
    kinds = {_key(kind): kind for operation in OPERATIONS for kind in _json_kinds(operation)}
    kinds |= {_key(kind): kind for kind in (ErrorAnswer, LoginReply)}
    schemas, components = msgspec.json.schema_components(kinds.values(), ref_template=REFERENCE)
    by_kind = dict(zip(kinds, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        described = _operation(operation, by_kind)
        for method in operation.methods:
            suffix = "" if method == operation.method else f"_{method.lower()}"
            item = described | {"operationId": operation.id + suffix}
            paths.setdefault(operation.url, {})[method.lower()] = item
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "videobar",
            "version": version("videobar"),
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "https://{host}", "variables": {"host": {"default": "localhost"}}}],
        "tags": [{"name": area, "description": _first_line(protocol)} for area, protocol in AREAS.items()],
        "security": [{COOKIE: []}, {BASIC: []}],
        "paths": paths,
        "components": {
            "schemas": {name: _tidy(components[name]) for name in sorted(components)},
            "parameters": {XSRF_PARAMETER: _xsrf_parameter()},
            "responses": _shared_responses(by_kind),
            "securitySchemes": _security_schemes(),
        },
    }


def _json_kinds(operation: Operation) -> Iterable[Any]:
    """Every type of an operation that has a JSON Schema: all but files and nothing."""
    for parameter in (*operation.path_parameters, *operation.query_parameters):
        yield parameter.type
    if operation.body is not None and operation.body.type is not Upload:
        yield operation.body.type
    if operation.returns is not None and operation.returns is not Download:
        yield operation.returns


def _key(kind: Any) -> str:
    """Key of a type, also of those that compare equal or cannot be hashed, such as two `Annotated[str, …]`."""
    return repr(kind)


def _operation(operation: Operation, schemas: Mapping[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "tags": [operation.area],
        "summary": operation.summary,
        "responses": _responses(operation, schemas),
        "x-documented": operation.documented,
    }
    if not operation.own:
        described["x-certainty"] = operation.certainty.value
    decided = f"Decided here: {operation.decided}" if operation.decided else ""
    if operation.description or decided:
        described["description"] = "\n\n".join(filter(None, (operation.description, decided)))
    if operation.danger is not Danger.NONE:
        described["x-danger"] = operation.danger.value
    if operation.access is Access.OPEN:
        described["security"] = []
    if parameters := list(_parameters(operation, schemas)):
        described["parameters"] = parameters
    if operation.body is not None:
        described["requestBody"] = _request_body(operation.body, schemas) | {
            "description": f"At most {operation.body_limit} bytes."
        }
    return described


def _parameters(operation: Operation, schemas: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    for parameter in operation.path_parameters:
        yield _parameter("path", parameter, schemas)
    for parameter in operation.query_parameters:
        yield _parameter("query", parameter, schemas)
    if operation.method in WRITES and operation.id != LOGIN:
        yield {"$ref": f"#/components/parameters/{XSRF_PARAMETER}"}


def _parameter(place: str, parameter: Parameter, schemas: Mapping[str, Any]) -> dict[str, Any]:
    schema = dict(schemas[_key(parameter.type)])
    described: dict[str, Any] = {"name": parameter.wire_name, "in": place, "required": parameter.required}
    if description := schema.pop("description", ""):
        described["description"] = description
    if place == "query" and "anyOf" in schema:
        schema = _without_null(schema)
    if parameter.default is not None:
        schema["default"] = msgspec.to_builtins(parameter.default)
    return described | {"schema": schema}


def _without_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A query parameter that may be left out is `T | None` in Python, but never null on the wire."""
    kinds = [kind for kind in schema["anyOf"] if kind != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    return rest | (dict(kinds[0]) if len(kinds) == 1 else {"anyOf": kinds})


def _request_body(body: Parameter, schemas: Mapping[str, Any]) -> dict[str, Any]:
    if body.type is not Upload:
        return {"required": body.required, "content": {JSON: {"schema": schemas[_key(body.type)]}}}
    form = {
        "type": "object",
        "required": ["files"],
        "properties": {"files": {"contentMediaType": UPLOADS[0]}},
    }
    content: dict[str, Any] = {media_type: {} for media_type in UPLOADS}
    return {"required": body.required, "content": content | {"multipart/form-data": {"schema": form}}}


def _responses(operation: Operation, schemas: Mapping[str, Any]) -> dict[str, Any]:
    """The answer and the errors. Only a login says more in its errors than what went wrong."""
    error_kind = LoginReply if operation.id == LOGIN else ErrorAnswer
    codes = ", ".join(kind.__name__ for kind in operation.errors)
    responses: dict[str, Any] = {"200": _success(operation, schemas)}
    if operation.access is Access.ADMIN:
        responses["403"] = {"$ref": "#/components/responses/Refused"}
    responses["4XX"] = {
        "description": f"Not done: {codes}." if codes else "Not done; `reason` says why.",
        "content": {JSON: {"schema": schemas[_key(error_kind)]}},
    }
    responses["5XX"] = {"$ref": "#/components/responses/Unavailable"}
    return responses


def _shared_responses(schemas: Mapping[str, Any]) -> dict[str, Any]:
    error = {JSON: {"schema": schemas[_key(ErrorAnswer)]}}
    page = {"text/html": {"schema": {"type": "string"}}}
    return {
        "Refused": {
            "description": "A page in HTML without a session; an error object where a session is not enough.",
            "content": page | error,
        },
        "Unavailable": {"description": "The part that would do it is down at the moment.", "content": error},
    }


def _success(operation: Operation, schemas: Mapping[str, Any]) -> dict[str, Any]:
    if operation.returns is None:
        return {"description": "Done; the body is empty."}
    if operation.returns is Download:
        return {"description": "The file.", "content": {FILES[operation.id]: {}}}
    answer: dict[str, Any] = {
        "description": "The answer.",
        "content": {JSON: {"schema": schemas[_key(operation.returns)]}},
    }
    if operation.id == LOGIN:
        cookie = f"Two headers of this name: the cookies `{COOKIE}` and `XSRF-TOKEN`."
        answer["headers"] = {"Set-Cookie": {"description": cookie, "schema": {"type": "string"}}}
    return answer


def _xsrf_parameter() -> dict[str, Any]:
    return {
        "name": XSRF_HEADER,
        "in": "header",
        "required": False,
        "description": "Value of the cookie `XSRF-TOKEN`; needed with a session cookie, unless the room is set not to.",
        "schema": {"type": "string", "format": "uuid"},
    }


def _security_schemes() -> dict[str, Any]:
    return {
        COOKIE: {
            "type": "apiKey",
            "in": "cookie",
            "name": COOKIE,
            "description": "The session that `POST /rest/session` began.",
        },
        BASIC: {"type": "http", "scheme": "basic", "description": "User and password at each request."},
    }


def _tidy(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A shape without the indentation of its docstring, which Python leaves there before 3.13."""
    return {**schema, "description": inspect.cleandoc(schema.get("description", ""))}


def _first_line(kind: type) -> str:
    return (kind.__doc__ or "").partition("\n")[0]
