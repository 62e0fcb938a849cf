"""The directory of whole rooms: killed while they write, and asked as integrators ask."""

import contextlib
import http.client
import io
import itertools
import os
import pty
import signal
import socket
import ssl
import subprocess
import sys
import threading

import pytest


def entry(number):
    return {
        "displayName": f"Person {number}",
        "devices": [{"address": f"p{number}@192.0.2.1"}],
        "favorite": True,
    }


def find(controller, text="", limit=1000):
    """All ids that a search finds, in pages, as clients of real devices ask."""
    query = controller.post("/rest/directory/queries", {"searchString": text})["id"]
    found = []
    while True:
        page = controller.get(f"/rest/directory/queries/{query}?start={len(found) + 1}&limit={limit}")
        found += page["entries"]
        if page["next"] is None:
            controller.delete(f"/rest/directory/queries/{query}")
            return found


def table(count, start=0):
    rows = "".join(f"Import {number},i{number}@192.0.2.1,yes\n" for number in range(start, start + count))
    return "name,address,favorite\n" + rows


def send(controller, content, kind="text/csv", connection=None):
    connection = connection or controller.connection
    headers = controller.headers | {"Content-Type": kind}
    connection.request("PUT", "/rest/directory/import", content, headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_what_was_acknowledged_survives_a_kill(start_room, control, tmp_path):
    data = tmp_path / "data"
    known, in_doubt = set(), set()
    for kill in range(4):
        room = start_room(data=data)
        controller = control(room)
        found = {one["id"]: one for one in find(controller)}
        assert known - found.keys() <= in_doubt, "what was acknowledged is there"
        assert len(found.keys() - known) <= 1, (
            "at most the request that the kill interrupted was done unheard"
        )
        assert all(one["favorite"] and one["devices"] for one in found.values()), "nothing is half there"
        assert favorites(controller) == found.keys()
        known, in_doubt = set(found), set()
        if kill == 3:
            assert known
            return
        killer = threading.Timer(0.5 + 0.2 * kill, room.process.send_signal, (signal.SIGKILL,))
        killer.start()
        with contextlib.suppress(OSError, http.client.HTTPException):
            for number in itertools.count():
                known.add(controller.post("/rest/directory/local/entries", entry(number))["id"])
                if number % 5 == 4:
                    in_doubt = {min(known)}
                    controller.delete(f"/rest/directory/local/entries/{min(known)}")
                    known -= in_doubt
                    in_doubt = set()
        killer.join()
        room.stop(signal.SIGKILL)


def favorites(controller):
    found, following = set(), "/rest/directory/favorites?start=1&limit=1000"
    while following:
        page = controller.get(following)
        found |= {one["id"] for one in page["entries"]}
        following = page["next"]
    return found


@pytest.mark.parametrize("after_s", [0.05, 0.3, 0.8])
def test_an_import_that_is_killed_is_all_there_or_not_at_all(start_room, control, tmp_path, after_s):
    data = tmp_path / "data"
    room = start_room(data=data)
    controller = control(room)
    assert send(controller, table(10))[0] == 200
    killer = threading.Timer(after_s, room.process.send_signal, (signal.SIGKILL,))
    killer.start()
    acknowledged = False
    with contextlib.suppress(OSError, http.client.HTTPException):
        acknowledged = send(controller, table(5000, 10))[0] == 200
    killer.join()
    room.stop(signal.SIGKILL)
    controller = control(start_room(data=data))
    found = find(controller)
    assert len(found) in ((5010,) if acknowledged else (10, 5010))
    assert len(find(controller, "import")) == len(found)
    assert sum(one["favorite"] for one in found) == len(found)
    assert send(controller, table(5000, 10))[0] == 200
    assert len(find(controller)) == 5010


def test_nothing_waits_for_an_import(start_room, control):
    room = start_room()
    importer, reader = control(room), control(room)
    assert send(importer, table(100))[0] == 200
    done = threading.Event()

    def run():
        assert send(importer, table(20_000))[0] == 200
        done.set()

    importing = threading.Thread(target=run)
    importing.start()
    while not done.is_set():
        assert len(find(reader, "import")) in (100, 20_000)
    importing.join()
    assert len(find(reader, "import")) == 20_000


def test_curl_imports_a_form_and_exports_a_file(start_room, control, tmp_path):
    room = start_room()
    controller = control(room)
    (tmp_path / "people.csv").write_text(table(3))
    curl = ["curl", "-sk", "--fail-with-body", "-b", controller.headers["Cookie"]]
    url = f"https://127.0.0.1:{room.port}/rest/directory"
    form = [*curl, "-X", "PUT", "-F", f"files=@{tmp_path}/people.csv", f"{url}/import"]
    assert b'"added":3' in subprocess.run(form, capture_output=True, check=True).stdout
    export = [*curl, "-OJ", f"{url}/export"]
    subprocess.run(export, check=True, cwd=tmp_path)
    exported = (tmp_path / "directory.xml").read_bytes()
    raw = [*curl, "-T", tmp_path / "directory.xml", f"{url}/import"]
    assert b'"skipped":3' in subprocess.run(raw, capture_output=True, check=True).stdout
    assert exported.count(b"<entry ") == 3


def test_a_large_file_is_taken_and_a_larger_one_refused(start_room, control):
    controller = control(start_room())
    filler = "<!-- " + "x" * (12 * 1024 * 1024) + " -->"
    document = f'<directory version="1">{filler}<entry><displayName>A</displayName></entry></directory>'
    assert send(controller, document, "application/xml")[0] == 200
    status, _ = refused_length(controller, 64 * 1024 * 1024 + 1)
    assert status == 413
    assert send(controller, "<!DOCTYPE a>", "application/xml") == (
        400,
        b'{"success":false,"reason":"ImportRefused: line 1: a document type declaration, which is not read here"}',
    )


def refused_length(controller, length):
    """Only announce a body, so that 64 MiB need not be sent."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    head = io.BytesIO()
    head.write(b"PUT /rest/directory/import HTTP/1.1\r\nHost: x\r\n")
    head.write(f"Cookie: {controller.headers['Cookie']}\r\nContent-Length: {length}\r\n\r\n".encode())
    with (
        socket.create_connection(("127.0.0.1", controller.connection.port)) as raw,
        context.wrap_socket(raw) as secured,
    ):
        secured.sendall(head.getvalue())
        answer = http.client.HTTPResponse(secured)
        answer.begin()
        return answer.status, answer.read()


def test_an_entry_is_dialled_by_the_first_device_that_can_be(start_room, control):
    controller = control(start_room("--engine", "simulated"))
    devices = [{"address": "1234", "dialType": "H323"}, {"address": "ada@sim"}, {"address": "busy@sim"}]
    made = controller.post("/rest/directory/local/entries", {"displayName": "Ada", "devices": devices})
    path = f"/rest/directory/local/entries/{made['id']}"
    (link,) = controller.post(path, {"action": "dial"})
    assert controller.wait_for_state(link["href"], "CONNECTED")["address"] == "ada@sim"
    (link,) = controller.post(
        f"/rest/directory/local/entries/{made['id']}", {"action": "dial", "deviceId": "3"}
    )
    assert controller.wait_for_state(link["href"], "DISCONNECTED")["causeCode"] == 17
    status, answer = controller.ask("POST", path, {"action": "dial", "deviceId": "1"})
    assert (status, answer["reason"].split(":")[0]) == (400, "DialTypeNotSupported")


def test_a_room_does_not_wait_for_its_ldap_server(start_room, control):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"ldap://127.0.0.1:{silent.getsockname()[1]}"
        controller = control(start_room("--ldap-servers", url, "--ldap-base", "dc=x"))
        controller.post("/rest/directory/local/entries", entry(1))
        assert [one["displayName"] for one in find(controller)] == ["Person 1"]
        assert controller.get("/rest/directory/global/server")["address"] == url
        rows = {row["name"]: row["stateList"] for row in controller.get("/rest/system/status")}
        assert rows["system.status.globaldirectory"] in (["unknown"], ["down"])


def test_the_command_line_imports_and_shows_how_far_it_is(start_room, control, tmp_path):
    room = start_room()
    file = tmp_path / "people.csv"
    file.write_text(table(5000))
    command = [sys.executable, "-m", "videobar.cli.main", "directory", "import", str(file), "--yes"]
    command += ["--room", f"127.0.0.1:{room.port}", "--insecure", "--timeout", "3"]
    environment = os.environ | {"VIDEOBAR_PASSWORD": "correct horse", "HOME": str(tmp_path)}
    terminal, inner = pty.openpty()
    with os.fdopen(terminal, "rb", buffering=0) as shown:
        ran = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=inner, env=environment, text=True)
        os.close(inner)
        progress = b""
        with contextlib.suppress(OSError):  # how a terminal says that nobody writes any more
            while piece := shown.read(1000):
                progress += piece
        output, _ = ran.communicate()
    assert (ran.returncode, output) == (
        0,
        "5000 entries and 0 groups: 5000 added, 0 updated, 0 as they were\n",
    )
    assert b"%" in progress
    assert b"sent; the room reads it" in progress
    assert len(find(control(room))) == 5000
    file.write_text("name,rate\nA,fast\n")
    refused = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "ImportRefused: line 2: rate" in refused.stderr
