"""Bodies that are made to cost: each is refused, and everybody else is answered meanwhile."""

import json
import threading

import pytest

MIB = 1024 * 1024
ROUNDS = 3


def bombs(size):
    """Bodies of about that many bytes, by the path that they are sent to."""
    many = size // 3
    return [
        ("/rest/conferences/blast", b'{"endPointList":[' + b",".join([b"{}"] * many) + b"]}"),
        ("/rest/conferences/blast", b'{"endPointList":[' + b",".join([b'""'] * many) + b"]}"),
        ("/rest/conferences/blast", b'{"endPointList":[' + b"[" * size),
        ("/rest/conferences", b'{"address":"' + b"\\u0041" * (size // 6) + b'"}'),
        ("/rest/conferences", b'{"rate":' + b"9" * size + b"}"),
        ("/rest/config", b'{"names":[' + b",".join([b'"a"'] * (size // 4)) + b"]}"),
        ("/rest/config", b'{"vars":[' + b",".join([b'{"name":"a","value":1}'] * (size // 23)) + b"]}"),
        (
            "/rest/directory/local/entries",
            b'{"devices":[' + b",".join([b'{"address":""}'] * (size // 15)) + b"]}",
        ),
        (
            "/x/security/certificate/request",
            b'{"commonName":"a","names":[' + b",".join([b'""'] * many) + b"]}",
        ),
        ("/rest/session", b'{"user":"' + b"a" * size + b'"}'),
        ("/rest/system/mode", b'{"enabledapps":[' + b",".join([b'""'] * many) + b"]}"),
    ]


@pytest.mark.parametrize("size", [60_000, 120_000, 1_000_000, 9 * MIB])
def test_bombs_are_refused_while_others_are_answered(start_room, control, size):
    room = start_room("--engine", "simulated")
    attacker, other = control(room), control(room)
    done, answered, between = threading.Event(), [0], []

    def attack():
        for path, body in bombs(size) * ROUNDS:
            before = answered[0]
            headers = {
                **attacker.headers,
                "Content-Type": "application/json",
                "Content-Length": str(len(body)),
            }
            attacker.connection.close()
            try:
                attacker.connection.request("POST", path, body, headers)
            except (BrokenPipeError, ConnectionResetError):
                pass  # refused by its length, before it was sent
            else:
                answer = attacker.connection.getresponse()
                content = answer.read()
                assert answer.status in (400, 413), (path, answer.status)
                assert not json.loads(content)["success"]
            between.append(answered[0] - before)
        done.set()

    thread = threading.Thread(target=attack)
    thread.start()
    while not done.is_set() and thread.is_alive():
        assert other.get("/rest/audio/volume") == 50
        answered[0] += 1
    thread.join()
    assert done.is_set()
    assert len(between) == len(bombs(size)) * ROUNDS
    # A room that stood still would answer once between two of them.
    assert answered[0] > len(between)
