"""Certificates, plain HTTP and careful starts of whole rooms."""

import http.client
import re
import ssl

import pytest
import trustme

PATIENCE_S = 60


def upload(controller, content):
    boundary = "b0undary"
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="room.pem"\r\n'
        f"Content-Type: application/x-pem-file\r\n\r\n"
    ).encode()
    body += content + f"\r\n--{boundary}--\r\n".encode()
    headers = {**controller.headers, "Content-Type": f"multipart/form-data; boundary={boundary}"}
    controller.connection.request("PUT", "/rest/system/certificates", body, headers)
    answer = controller.connection.getresponse()
    return answer.status, answer.read()


def test_a_certificate_of_an_authority_without_a_restart(start_room, control, tmp_path):
    process = start_room("--engine", "simulated", data=tmp_path / "one")
    controller = control(process)
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", common_name="127.0.0.1")
    content = issued.private_key_pem.bytes() + issued.cert_chain_pems[0].bytes()
    assert upload(controller, b"no certificate")[0] == 400
    assert upload(controller, content) == (200, b"")
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    fresh = http.client.HTTPSConnection("127.0.0.1", process.port, context=trusting, timeout=PATIENCE_S)
    fresh.request("GET", "/rest/session")
    assert fresh.getresponse().status == 400
    fresh.close()
    assert controller.get("/rest/audio/volume") == 50
    process.stop()
    process = start_room("--engine", "simulated", data=tmp_path / "one")
    assert not control(process).get("/x/security/certificate")["selfSigned"]


def test_plain_http_is_told_to_come_back(start_room):
    process = start_room("--engine", "simulated", "--http-port", "0")
    port = int(re.search(r"HTTP +port (\d+)", "".join(process.output.all))[1])
    plain = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    plain.request("GET", "/rest/system?x=1")
    answer = plain.getresponse()
    assert (answer.status, answer.headers["location"]) == (
        301,
        f"https://127.0.0.1:{process.port}/rest/system?x=1",
    )
    plain.close()


def test_headers_for_browsers(start_room, control):
    controller = control(start_room("--engine", "simulated"))
    controller.connection.request("GET", "/rest/audio/volume", headers=controller.headers)
    answer = controller.connection.getresponse()
    answer.read()
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_room_that_cannot_start_as_it_was_set_starts_without_that(start_room, control, tmp_path):
    taken = start_room("--engine", "simulated")
    process = start_room("--engine", "simulated", data=tmp_path / "one")
    change = {"vars": [{"name": "videobar.http_port", "value": taken.port}]}
    assert control(process).post("/rest/config", change)["vars"][0]["result"] == "NOERROR"
    process.stop()
    for _ in range(3):
        with pytest.raises(AssertionError, match="choose another with --http-port"):
            start_room("--engine", "simulated", data=tmp_path / "one")
    process = start_room("--engine", "simulated", data=tmp_path / "one")
    assert "Safe mode" in "".join(process.output.all)
    change = {"vars": [{"name": "videobar.http_port", "value": "off"}]}
    assert control(process).post("/rest/config", change)["vars"][0]["result"] == "NOERROR"
    process.stop()
    process = start_room("--engine", "simulated", data=tmp_path / "one")
    assert "Safe mode" not in "".join(process.output.all)


def test_nobody_is_shown_the_ids_of_others(start_room, control):
    room = start_room("--engine", "simulated")
    one, other = control(room), control(room)
    listed = [each["sessionId"] for each in one.get("/rest/session/sessions")["sessionList"]]
    own = one.get("/rest/session")["sessionId"]
    theirs = other.get("/rest/session")["sessionId"]
    assert own in listed
    assert theirs not in listed
    assert len(set(listed)) == 2
    (shown,) = set(listed) - {own}
    assert len(shown) == len(theirs)
    one.headers["Cookie"] = f"session_id={shown}"
    assert one.ask("GET", "/rest/session/sessions")[0] in (401, 403)
