"""Clients of real devices, each as its program goes about it, against rooms as a user starts them.

What they send, and what they read of the answers, is how they were observed to work with real G7500 and Studio X
systems; the HTTP is done by `requests`. Each class is one client.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import time

import pytest
import requests
import urllib3

PASSWORD = "correct horse"
SESSION_ID = re.compile(r"PS[A-Za-z0-9+/]{48}")
TOKEN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
OLD = "3.12.0"
NEW = "4.6.2"


def words(text: str) -> set[str]:
    """The words of a text."""
    return set(text.split())


CONFERENCE_KEYS = words(
    """
    capabilities connections duration holdStartTime holdState id isActive isHolding isMute
    isSvcConference isWaitingInLobby mediaServerControlEvent mediaServerType startTime
    terminals
    """
)
CONNECTION_KEYS = words(
    """
    address answerable authState callInfo callType canAddVideo causeCode duration encrypted
    groupname grouptype id incoming mediaCount mediaType parentConfId percentConnected rate
    referredBy startTime state terminals type videoEscalationState
    """
)


@pytest.fixture
def room(start_room):
    def start(firmware: str, *flags: str):
        return start_room("--engine", "simulated", "--firmware", firmware, *flags)

    return start


@pytest.fixture
def client():
    """Makes clients of a class, and closes their connections."""
    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    made = []

    def make(kind, room):
        made.append(kind(f"https://127.0.0.1:{room.port}"))
        return made[-1]

    yield make
    for one in made:
        one.http.close()


class Client:
    """What they share: a base address and no check of certificates."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.verify = False
        self.http.headers["Content-Type"] = "application/json"

    def send(self, method: str, path: str, body=..., **more) -> requests.Response:
        data = None if body is ... else json.dumps(body)
        return self.http.request(method, self.base + path, data=data, timeout=30, **more)

    def ok(self, method: str, path: str, body=..., **more):
        answer = self.send(method, path, body, **more)
        assert answer.status_code in (200, 201, 202), (method, path, answer.status_code, answer.text)
        return answer.json() if answer.content else None


class Extron(Client):
    """A control system's module: a cookie jar, the token on writes only, polling of everything."""

    def login(self) -> dict:
        return self.ok("POST", "/rest/session", {"user": "admin", "password": PASSWORD})

    def send(self, method: str, path: str, body=..., **more) -> requests.Response:
        token = self.http.cookies.get("XSRF-TOKEN")
        headers = {"X-XSRF-Token": token} if token and method != "GET" else {}
        return super().send(method, path, body, headers=headers, **more)

    def pending(self) -> dict | None:
        waiting = [c for c in self.ok("GET", "/rest/conferences") if c["id"] == "PENDING"]
        return waiting[0] if waiting else None


class Avixa(Client):
    """A monitoring driver: builds its cookie header by hand, with the attributes of the cookie left on it."""

    def login(self) -> None:
        answer = self.send("POST", "/rest/current/session", {"user": "admin", "password": PASSWORD})
        assert answer.status_code == 200
        session_id = answer.json()["session"]["sessionId"]
        self.http.cookies.clear()
        self.http.headers["Cookie"] = f"session_id={session_id}; Path=/; Domain=127.0.0.1; Secure; HttpOnly;"

    def poll_call(self, href: str, address: str) -> dict:
        """What it does after it dialled: five times a second apart it wants these four fields."""
        for _ in range(30):
            connection = self.ok("GET", href)
            if connection["address"] == address and connection["startTime"] and connection["parentConfId"]:
                return connection
            time.sleep(1)
        raise AssertionError(connection)


class Avixa2(Client):
    """Its successor: no cookie jar; takes the token anew from every answer, cutting it at the first `;`."""

    def __init__(self, base: str) -> None:
        super().__init__(base)
        self.session_id = self.token = ""

    def login(self) -> None:
        answer = self.send("POST", "/rest/session", {"user": "admin", "password": PASSWORD})
        self.session_id = answer.json()["session"]["sessionId"]

    def send(self, method: str, path: str, body=..., **more) -> requests.Response:
        headers = {}
        if self.token:
            headers = {
                "Cookie": f"session_id={self.session_id}; XSRF-TOKEN={self.token}",
                "X-XSRF-TOKEN": self.token,
            }
        self.http.cookies.clear()
        answer = super().send(method, path, body, headers=headers, **more)
        for cookie in answer.raw.headers.getlist("Set-Cookie"):
            if cookie.startswith("XSRF-TOKEN="):
                self.token = cookie.removeprefix("XSRF-TOKEN=").split(";")[0]
        return answer


class Keeper(Client):
    """A device manager: `session_id` in a header besides the jar; logs in again and again to stay logged in."""

    def login(self) -> tuple[bool, str]:
        answer = self.send("POST", "/rest/session", {"user": "admin", "password": PASSWORD})
        assert answer.headers["Content-Type"] == "application/json"
        said = answer.json()
        if said["success"]:
            self.http.headers["session_id"] = said["session"]["sessionId"]
            if token := self.http.cookies.get("XSRF-TOKEN"):
                self.http.headers["X-XSRF-Token"] = token
        return said["success"] or said["reason"] == "SessionAlreadyActive", said.get("reason", "")


class Mirror(Client):
    """A management tool that knows both families: Group Series verbs, configuration by name, devices."""

    def login(self) -> None:
        self.ok("POST", "/rest/session", {"user": "admin", "password": PASSWORD, "action": "Login"})


@pytest.mark.parametrize("firmware", [OLD, NEW])
def test_the_login_is_as_recorded(room, client, firmware):
    extron = client(Extron, room(firmware))
    said = extron.login()
    assert said.keys() == {"loginStatus", "session", "success"}
    assert said["success"] is True
    session = said["session"]
    assert SESSION_ID.fullmatch(session["sessionId"])
    assert extron.http.cookies["session_id"].strip('"') == session["sessionId"]
    assert TOKEN.fullmatch(extron.http.cookies["XSRF-TOKEN"])
    assert session | {"sessionId": "", "creationTime": 0} == {
        "clientType": "WEB", "creationTime": 0, "isAuthenticated": True, "isConnected": False, "isNew": True,
        "isStale": False, "location": "127.0.0.1", "role": "ADMIN", "sessionId": "", "userId": "admin",
    }  # fmt: skip
    assert 0 <= session["creationTime"] < 1000  # seconds of uptime, no epoch
    status = said["loginStatus"]
    assert abs(status["lastLoginTime"] / 1000 - time.time()) < 600
    assert status | {"lastLoginTime": 0} == {
        "failedLogins": 0, "isPasswordAgeLimitReached": False, "lastLoginClient": "127.0.0.1",
        "lastLoginClientType": "WEB", "lastLoginTime": 0, "loginResult": "NOLOCKOUT",
    }  # fmt: skip
    uptime = extron.ok("GET", "/rest/system")["uptime"]
    assert session["creationTime"] <= uptime < session["creationTime"] + 60
    (listed,) = extron.ok("GET", "/rest/current/session/sessions")["sessionList"]
    assert listed.keys() == session.keys()
    assert listed["sessionId"] == session["sessionId"]


@pytest.mark.parametrize("firmware", [OLD, NEW])
def test_refused_logins_carry_their_reason(room, client, firmware):
    stranger = client(Extron, room(firmware, "--lockout-attempts", "3"))
    page = stranger.send("GET", "/rest/system")
    assert page.status_code == 403
    assert "<html>" in page.text.lower()
    for body in ({"user": "admin"}, {}, [], None, 7, {"user": "admin", "password": None}):
        answer = stranger.send("POST", "/rest/session", body)
        assert (answer.status_code, answer.json()["reason"]) == (400, "SessionRequestInvalid"), body
    logout = stranger.send("DELETE", "/rest/session")
    assert (logout.status_code, logout.json()["reason"]) == (400, "SessionNoActiveSession")
    for failed in (1, 2):
        answer = stranger.send("POST", "/rest/session", {"user": "ADMIN", "password": "wrong"})
        said = answer.json()
        assert (answer.status_code, said["success"], said["reason"]) == (
            403,
            False,
            "SessionInvalidUserNamePassword",
        )
        assert said["loginStatus"]["failedLogins"] == failed
        assert "session" not in said
    stranger.send("POST", "/rest/session", {"user": "admin", "password": "wrong"})
    answer = stranger.send("POST", "/rest/session", {"user": "admin", "password": PASSWORD})
    assert (answer.status_code, answer.json()["reason"]) == (400, "SessionPortLockout")
    assert answer.json()["loginStatus"]["loginResult"] != "NOLOCKOUT"


def test_sessions_run_out_for_clients_that_never_log_out(room, client):
    system = room(NEW, "--max-sessions", "10")
    for _ in range(10):
        client(Extron, system).login()
    answer = client(Extron, system).send("POST", "/rest/session", {"user": "admin", "password": PASSWORD})
    assert (answer.status_code, answer.json()["reason"]) == (403, "SessionMaxActiveSessionsReached")


@pytest.mark.parametrize("firmware", [OLD, NEW])
def test_a_control_system_answers_and_ends_a_call(room, client, eventually, firmware):
    extron = client(Extron, room(firmware))
    extron.login()
    assert extron.ok("GET", "/rest/conferences") == []
    extron.ok("POST", "/x/stage/incoming", {"address": "room9@vc.example.com"})
    waiting = eventually(extron.pending, "a call that waits")
    assert waiting.keys() == CONFERENCE_KEYS
    assert waiting["capabilities"] is None
    assert waiting["startTime"] is None
    assert waiting["terminals"] == []
    (ringing,) = waiting["connections"]
    assert ringing.keys() == CONNECTION_KEYS
    wanted = {
        "address": "room9@vc.example.com", "answerable": True, "authState": "NONE", "callInfo": "SIP",
        "callType": "SIP", "causeCode": 0, "groupname": "", "grouptype": "NONE", "incoming": True, "mediaCount": 0,
        "parentConfId": "PENDING", "percentConnected": 25, "referredBy": "", "state": "RINGING", "terminals": [],
        "type": "ENDPOINT", "videoEscalationState": "NONE",
    }  # fmt: skip
    assert {key: ringing[key] for key in wanted} == wanted
    assert isinstance(ringing["id"], str)
    assert abs(ringing["startTime"] / 1000 - time.time()) < 600
    extron.ok("POST", "/rest/conferences/callaction", {"id": ringing["id"], "callActionType": "ANSWER"})
    (active,) = eventually(
        lambda: [
            c for c in extron.ok("GET", "/rest/conferences") if c["connections"][0]["state"] == "CONNECTED"
        ],
        "the call is connected",
    )
    assert active.keys() == CONFERENCE_KEYS
    assert active["isActive"] is True
    assert active["id"] == "0"
    (terminal,) = active["terminals"]
    assert {
        "name",
        "callerID",
        "parentConfId",
        "parentConnectionId",
        "address",
        "systemID",
    } <= terminal.keys()
    assert terminal["parentConnectionId"] == ringing["id"]
    extron.ok("POST", "/rest/audio/playdtmf", {"dtmfChar": "5"})
    extron.ok("POST", "/rest/conferences/callaction", {"id": ringing["id"], "callActionType": "HANGUP"})
    eventually(lambda: extron.ok("GET", "/rest/conferences") == [], "nothing is left")
    (row,) = eventually(lambda: extron.ok("GET", "/rest/calllog/entries?limit=5"), "the call is in the log")
    assert row.keys() == words(
        """
        address callType callerId causeCode connected duration endTime name precedenceLevel rate
        rowId startTime transportType type outgoingCall
        """
    )
    assert (row["type"], row["outgoingCall"], row["connected"]) == ("RECEIVED", False, True)
    extron.ok("POST", "/x/stage/incoming", {"address": "other@sim"})
    second = eventually(extron.pending, "a second call")["connections"][0]
    assert int(second["id"]) > int(ringing["id"])
    extron.ok("POST", "/rest/conferences/callaction", {"id": second["id"], "callActionType": "IGNORE"})
    eventually(lambda: extron.ok("GET", "/rest/conferences") == [], "the ignored call is gone")


def test_a_control_system_polls_and_sets_everything(room, client, eventually):
    extron = client(Extron, room(NEW))
    extron.login()
    assert extron.ok("GET", "/rest/audio").keys() == {"muteLocked", "muted", "numOfMicsConnected", "volume"}
    for muted in (True, False):
        assert extron.send("POST", "/rest/audio/muted", muted).content == b""
        assert extron.ok("GET", "/rest/audio/muted") is muted
        assert extron.ok("POST", "/rest/video/local/mute", {"mute": muted}) == {"success": True, "reason": ""}
        assert extron.ok("GET", "/rest/video/local/mute") == {"result": muted}
    for volume in (0, 39, 100):
        assert extron.send("POST", "/rest/audio/volume", volume).content == b""
        assert extron.ok("GET", "/rest/audio/volume") == volume
    sources = extron.ok("GET", "/rest/cameras/near/all")
    assert [(s["cameraIndex"], s["name"], s["sourceType"]) for s in sources] == [
        (1, "Main", "SRC_PEOPLE"), (2, "HDMI Input", "SRC_CONTENT"), (3, "", "SRC_PEOPLE"), (4, "", "SRC_PEOPLE"),
        (5, "", "SRC_PEOPLE"), (6, "PPCIP", "SRC_CONTENT"), (7, "UILAYER1", "SRC_CONTENT"), (9, "rdpLP", "SRC_PEOPLE"),
        (10, "VIRTDEV1", "SRC_PEOPLE"), (11, "VIRTDEV2", "SRC_PEOPLE"), (12, "VIRTDEV3", "SRC_PEOPLE"),
        (13, "VIRTDEV4", "SRC_PEOPLE"),
    ]  # fmt: skip
    assert sources[0].keys() == words(
        """
        cameraIndex iconName model name sessionID sourceType stateAutoFocus stateFreeze
        stateMarker connected hasAutoFocus hasFocus hasFreeze hasMarker hasPan hasTilt hasZoom
        nearCamera ptzcapable selected trackable
        """
    )
    assert not any(
        value for s in sources if not s["connected"] for key, value in s.items() if key.startswith("has")
    )
    assert extron.ok("GET", "/rest/cameras/far/all") == []
    for action, direction in (("moveStart", "MOVE_LEFT"), ("moveStop", "MOVE_ZOOMOUT")):
        body = {"action": action, "direction": direction, "message": "BothCamera", "withImage": "No"}
        extron.ok("POST", "/rest/cameras/near/1", body)
    for action in ("store", "activate"):
        extron.ok("POST", "/rest/cameras/near/presets/9", {"action": action, "withImage": "Yes"})
    assert extron.ok("GET", "/rest/cameras/near/presets/9")["stored"] is True
    for method in ("POST", "DELETE"):
        extron.ok(method, "/rest/system/apps/environment")
        (app,) = extron.ok("GET", "/rest/system/apps/environment")
        assert app == {"environmentControlAppActive": method == "POST"}
    states = extron.ok("GET", "/rest/system/apps/state")
    assert all(row.keys() == {"appPackageName", "inMeeting"} for row in states)
    meetings = {row["appPackageName"]: row["inMeeting"] for row in states}
    for package in ("com.microsoft.skype.teams.ipphone", "us.zoom.zoompresence"):
        assert meetings[package] is False
    assert extron.ok("GET", "/rest/collaboration") == {"id": "Local Session", "state": "INACTIVE"}
    extron.ok("POST", "/rest/collaboration", {"action": "END"})
    assert extron.ok("GET", "/rest/system")["state"] == "READY"
    rows = {row["name"]: row for row in extron.ok("GET", "/rest/system/status")}
    assert len(rows) == 12
    assert all(row.keys() == {"langtag", "name", "stateList"} for row in rows.values())
    assert rows["system.status.sipserver"]["langtag"] == "SIP_SERVER_HEADING"


def test_a_control_system_lets_the_camera_follow_people(start_room, client):
    extron = client(Extron, start_room("--firmware", NEW, "--model", "X50"))
    extron.login()
    assert extron.ok("GET", "/rest/cameras/near/selectedpeople")["trackable"] is True
    for method, follows in (("POST", True), ("DELETE", False)):
        extron.ok(method, "/rest/cameras/near/1/control/tracking")
        assert extron.ok("GET", "/x/cameras/near/1/view")["tracking"] is follows


def test_a_control_system_reads_the_directory_page_by_page(room, client):
    extron = client(Extron, room(NEW))
    extron.login()
    names = [f"Person {number:02}" for number in range(25)]
    for name in names:
        body = {
            "displayName": name,
            "type": "SINGLE",
            "devices": [{"address": "ada@sim", "dialType": "SIP", "rate": 0}],
        }
        extron.ok("POST", "/rest/directory/local/entries", body)
    query = extron.ok("GET", "/rest/directory/queries/initial")["id"]
    read: list[dict] = []
    while True:
        page = extron.ok("GET", f"/rest/directory/queries/{query}?start={len(read) + 1}&limit=10")
        read += page["entries"]
        if page["next"] is None:
            break
    assert [entry["displayName"] for entry in read] == names
    assert all(entry["id"] and entry["presence"] for entry in read)
    (link,) = extron.ok("POST", f"/rest/directory/local/entries/{read[3]['id']}", {"action": "dial"})
    assert extron.ok("GET", link["href"])["parentConfId"] == "0"
    assert link["rel"] == "item"


@pytest.mark.parametrize("firmware", [OLD, NEW])
def test_a_monitor_follows_a_call_from_dialling_to_its_end(room, client, eventually, firmware):
    system = room(firmware)
    avixa = client(Avixa, system)
    avixa.login()
    if firmware == NEW:
        second = client(Avixa2, system)
        second.login()
        assert TOKEN.fullmatch(second.token)
        avixa = second
    (link,) = avixa.ok("POST", "/rest/conferences", {"address": "ada@sim", "rate": 1920, "dialType": "SIP"})
    assert link == {"href": "/rest/conferences/0/connections/1", "rel": "item"}
    first = eventually(lambda: _connected(avixa, link["href"]), "connected")
    assert (first["address"], first["parentConfId"], first["id"]) == ("ada@sim", "0", "1")
    assert first["percentConnected"] == 100
    assert first["startTime"] > 1e12
    (link2,) = avixa.ok("POST", "/rest/conferences", {"address": "bob@sim", "rate": 0, "dialType": "AUTO"})
    assert link2["href"] == "/rest/conferences/0/connections/2"
    eventually(lambda: _connected(avixa, link2["href"]), "the second is connected")
    (conference,) = avixa.ok("GET", "/rest/conferences")
    assert conference["isActive"] is True
    assert [c["id"] for c in conference["connections"]] == ["1", "2"]
    rows = eventually(lambda: avixa.ok("GET", "/rest/conferences/0/mediastats"), "streams")
    for row in rows:
        assert row["mediaDirection"] in ("TX", "RX")
        assert row["mediaType"] in ("AUDIO", "VIDEO")
        for key, kind in {"actualBitRate": int, "jitter": float, "mediaAlgorithm": str, "packetLoss": int,
                          "percentPacketLoss": float, "totalPackets": int}.items():  # fmt: skip
            assert type(row[key]) is kind, (key, row)
        if row["mediaType"] == "VIDEO":
            assert type(row["actualFrameRate"]) is float
            assert isinstance(row["mediaFormat"], str)
    one = avixa.ok("GET", f"{link['href']}/mediastat")
    assert [(row["mediaType"], row["mediaDirection"]) for row in one] == [
        ("AUDIO", "TX"), ("AUDIO", "RX"), ("VIDEO", "TX"), ("VIDEO", "RX"),
    ]  # fmt: skip
    assert avixa.ok("GET", "/rest/mediastats") == {"vars": []}
    assert avixa.ok("GET", "/rest/cameras/contentstatus") == "CONTENT_IDLE"
    avixa.ok("DELETE", "/rest/conferences/0")
    eventually(
        lambda: avixa.send("GET", "/rest/conferences/0/mediastats").status_code == 404, "no statistics"
    )
    eventually(lambda: avixa.send("GET", "/rest/conferences/0").status_code == 404, "no conference")
    eventually(lambda: avixa.send("GET", link["href"]).status_code == 404, "no connection")
    assert avixa.ok("GET", "/rest/conferences") == []


def _connected(client: Client, href: str) -> dict | None:
    connection = client.ok("GET", href)
    return connection if connection["state"] == "CONNECTED" else None


@pytest.mark.parametrize("firmware", [OLD, NEW])
def test_a_manager_stays_logged_in_by_logging_in(room, client, firmware):
    keeper = client(Keeper, room(firmware))
    assert keeper.login() == (True, "")
    for _ in range(3):
        assert keeper.login() == (True, "SessionAlreadyActive")
    for on in (True, False):
        assert keeper.ok("POST" if on else "DELETE", "/rest/system/mode/device")["success"] is True
        assert keeper.ok("GET", "/rest/system/mode/device") == {"result": on}
        mode = keeper.ok("GET", "/rest/current/system/mode")
        assert mode.keys() == {
            "activePersona",
            "app",
            "appLocked",
            "appPersona",
            "ecoMode",
            "mode",
            "polyCallControl",
        }
        assert (mode["activePersona"].lower() == "camuvc") is on
        blocked = keeper.send("POST", "/rest/audio/muted", True)
        assert blocked.status_code == (403 if on else 200)
        assert keeper.ok("GET", "/rest/system")["model"] == "StudioX30"  # answers in any mode
    (apps,) = [keeper.ok("GET", "/rest/current/system/apps/all")]
    names = {app["appName"] for app in apps}
    assert names >= {"Poly", "Device Mode"}
    said = keeper.ok("POST", "/rest/current/system/mode", {"enabledapps": ["Poly"]})
    assert said["error"].lower() == "noerror"
    assert keeper.ok("DELETE", "/rest/session")["success"] is True
    assert keeper.send("GET", "/rest/system").status_code == 403
    assert keeper.login() == (True, "")


def test_a_tool_for_both_families_is_understood(room, client, eventually):
    mirror = client(Mirror, room(OLD))
    mirror.login()
    names = [
        "system.info.systemname",
        "system.info.serialnumber",
        "comm.nics.sipnic.sipusername",
        "no.such.name",
    ]
    rows = {row["name"]: row for row in mirror.ok("POST", "/rest/config", {"names": names})["vars"]}
    assert [rows[name]["result"] == "NOERROR" for name in names] == [True, True, True, False]
    assert rows[names[0]].keys() == {"name", "result", "value", "isEditable", "isHidden", "isSecure"}
    body = {"vars": [{"name": "audio.volume.speakervolume", "value": 40}]}
    (written,) = mirror.ok("POST", "/rest/config", body)["vars"]
    assert written == {"name": "audio.volume.speakervolume", "requestedValue": "40", "result": "NOERROR"}
    assert mirror.ok("GET", "/rest/audio/volume") == 40
    mirror.ok("PUT", "/rest/audio/volume", 41)
    mirror.ok("PUT", "/rest/audio/muted", True)
    audio = mirror.ok("GET", "/rest/audio?_dc=1700000000000&page=1&start=0&limit=25")
    assert (audio["volume"], audio["muted"]) == (41, True)
    for body in (
        ...,
        None,
        {},
        *({"deviceState": state} for state in ("PAIRED", "CONNECTED", "", None, "NEW")),
    ):
        devices = mirror.ok("POST", "/rest/current/devicemanagement/devices", body)
        assert [(device["deviceType"], device["deviceState"], device["uid"]) for device in devices] == [
            ("CODEC", "CONNECTED", "local-system"),
            ("CAMERA", "PAIRED", "local-camera"),
            ("UNKNOWN", "PAIRED", "local-remote"),
        ]
        for device in devices:
            assert device.keys() == words(
                """
                connectionType deviceCategory deviceState deviceType ip macAddress networkInterface
                productName serialNumber softwareVersion systemName uid
                """
            )
    for direction in ("up", "right", "down", "left", "zoom in", "zoom out"):
        mirror.ok(
            "POST", "/rest/cameras/near/selectedpeople", {"action": "moveStart", "direction": direction}
        )
        mirror.ok("POST", "/rest/cameras/near/selectedpeople", {"action": "moveStop"})
    mirror.ok("POST", "/x/stage/incoming", {})
    pending = eventually(lambda: mirror.ok("GET", "/rest/conferences"), "a call that waits")
    ringing = pending[0]["connections"][0]["id"]
    mirror.ok("POST", f"/rest/conferences/PENDING/connections/{ringing}", {"action": "answer"})
    eventually(lambda: _connected(mirror, f"/rest/conferences/0/connections/{ringing}"), "connected")
    assert mirror.ok("GET", "/rest/conferences/active")["connections"][0]["id"] == ringing
    mirror.ok("POST", f"/rest/conferences/0/connections/{ringing}", {"action": "hangup"})
    eventually(lambda: mirror.ok("GET", "/rest/conferences") == [], "nothing is left")
    # rates as texts, and the conference that is on by its other name
    mirror.ok("POST", "/rest/conferences", {"address": "ada@sim", "rate": "1024", "dialType": "AUTO"})
    mirror.ok("POST", "/rest/conferences/active", {"action": "hangup"})
    assert mirror.ok("POST", "/rest/session", {"action": "Logout"})["success"] is True
    assert mirror.send("GET", "/rest/audio").status_code == 403


class Fleet(Client):
    """A fleet manager: knows a room by the row of its system, and believes every write whose status is 200."""

    def login(self, password: str = PASSWORD) -> None:
        answer = self.send(
            "POST", "/rest/session", {"user": "admin", "password": password, "action": "Login"}
        )
        assert answer.status_code == 200
        self.http.cookies.set("session_id", answer.json()["session"]["sessionId"])

    def devices(self) -> dict[str, dict]:
        rows = self.ok("POST", "/rest/devicemanagement/devices", {"deviceState": "PAIRED"})
        return {row["deviceType"]: row for row in rows}

    def status(self) -> dict:
        """What it shows of a room: the row of its system, under what the system says of itself."""
        return {**self.devices()["CODEC"], **self.ok("GET", "/rest/system")}

    def values(self, *names: str) -> dict[str, str]:
        """Only what was read without error, as it goes about it."""
        rows = self.ok("POST", "/rest/config", {"names": list(names)})["vars"]
        return {row["name"]: row["value"] for row in rows if row["result"] == "NOERROR"}

    def set(self, **values: object) -> list[str]:
        rows = [{"name": name.replace("__", "."), "value": value} for name, value in values.items()]
        return [row["result"] for row in self.ok("POST", "/rest/config", {"vars": rows})["vars"]]


def test_a_fleet_manager_knows_a_room_and_gives_it_its_account(room, client, eventually):
    fleet = client(Fleet, room(OLD))
    fleet.login()
    status = fleet.status()
    assert status["productName"] == status["model"] == "StudioX30"
    assert status["softwareVersion"] == OLD
    assert status["systemName"]
    assert status["serialNumber"]  # the system's own: the row of the device has none
    assert re.fullmatch(r"\d{6}", status["build"])
    assert not status["macAddress"] or re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", status["macAddress"])
    assert fleet.set(
        device__local__deviceName="Board room",
        voIpProt__SIP__enable="True",
        voIpProt__SIP__userName="board@example.org",
        voIpProt__SIP__proxyServer="127.0.0.1:9",
        voIpProt__SIP__registrarServer="127.0.0.1:9",
        voIpProt__SIP__registrarServerType="Standard SIP",
        voIpProt__SIP__auth__userId="board",
        voIpProt__SIP__auth__password="sesame",
        voIpProt__H323__enable="True",
    ) == [
        "NOERROR", "NOTEDITABLE", "NOERROR", "NOERROR", "NOERROR", "NOERROR", "NOERROR", "NOERROR", "NOTEDITABLE",
    ]  # fmt: skip
    assert fleet.status()["systemName"] == "Board room"
    fleet.ok("POST", "/rest/system/reboot", {"action": "reboot"})

    def back():
        try:
            fleet.login()
        except (requests.ConnectionError, AssertionError):
            return None
        values = fleet.values(
            "comm.nics.sipnic.sipusername", "videobar.sip_user", "voIpProt.SIP.auth.password"
        )
        return values if values.get("videobar.sip_user") == "board" else None

    assert eventually(back, "the account is used") == {
        "comm.nics.sipnic.sipusername": "board@example.org",
        "videobar.sip_user": "board",
        "voIpProt.SIP.auth.password": "",
    }


def test_a_fleet_manager_changes_the_password(room, client):
    system = room(NEW)
    others = [client(Fleet, system), client(Extron, system)]
    for other in others:
        other.login()
    extron = client(Extron, system)
    extron.login()
    body = {"vars": [{"name": "sec.auth.admin.password", "value": "a better one"}]}
    (row,) = extron.ok("POST", "/rest/config", body)["vars"]
    assert row == {"name": "sec.auth.admin.password", "result": "NOERROR", "requestedValue": ""}
    assert extron.ok("GET", "/rest/audio/volume") == 50  # who changed it stays
    assert [other.send("GET", "/rest/audio").status_code for other in others] == [403, 403]
    answer = extron.send("POST", "/rest/session", {"user": "admin", "password": PASSWORD})
    client(Fleet, system).login("a better one")
    assert answer.status_code in (400, 403)


class Reader(Client):
    """Asks names by their place, and takes every row to have a value: one without it ends the program."""

    def login(self) -> None:
        self.ok("POST", "/rest/session", {"user": "admin", "password": PASSWORD})

    def facts(self, *names: str) -> list[str]:
        rows = self.ok("POST", "/rest/config", {"names": names})["vars"]
        return [rows[place]["value"] for place in range(len(names))]


def test_a_client_reads_rows_by_their_place(room, client):
    reader = client(Reader, room(OLD))
    reader.login()
    names = ["system.info.humanreadablemodel", "no.such.name", "system.info.hardwareversion", "nor.this",
             "comm.statistics.totalnumberofcalls", "system.info.humanreadablemodel"]  # fmt: skip
    assert reader.facts(*names) == ["Studio X30", "", "1", "", "0", "Studio X30"]
    assert reader.facts(*["no.such.name"] * 50) == [""] * 50


class Impatient(Extron):
    """A control system's module that gives up on an answer after a while, and goes on as if it had come."""

    patience_s = 10.0

    def send(self, method: str, path: str, body=..., **more) -> requests.Response:
        token = self.http.cookies.get("XSRF-TOKEN")
        headers = {"X-XSRF-Token": token} if token and method != "GET" else {}
        data = None if body is ... else json.dumps(body)
        return self.http.request(
            method, self.base + path, data=data, headers=headers, timeout=self.patience_s, **more
        )

    def preset(self, action: str, index: int = 2, image: str = "Yes") -> int:
        body = {"action": action, "withImage": image}
        return self.send("POST", f"/rest/cameras/near/presets/{index}", body).status_code


EVERYTHING_WITHOUT_A_PICTURE = [
    ("POST", "/rest/cameras/near/presets/1", {"action": "store", "withImage": "Yes"}),
    ("POST", "/rest/cameras/near/presets/1", {"action": "activate", "withImage": "Yes"}),
    ("POST", "/rest/cameras/near/presets/1", {"action": "clear", "withImage": "Yes"}),
    ("POST", "/rest/cameras/near/1", {"action": "activate"}),
    ("POST", "/rest/cameras/near/1", {"action": "moveStart", "direction": "MOVE_LEFT"}),
    ("POST", "/rest/cameras/near/selectedpeople", {"action": "moveStop"}),
    (
        "POST",
        "/rest/cameras/near/position/SELECTED_PEOPLE",
        {"camPosition": {"pan": 1, "tilt": 1, "zoom": 1}},
    ),
    ("POST", "/rest/cameras/near/1/control/tracking", ...),
    ("DELETE", "/rest/cameras/near/1/control/tracking", ...),
    ("POST", "/rest/audio/muted", True),
    ("POST", "/rest/audio/muted", False),
    ("POST", "/rest/audio/volume", 30),
    ("POST", "/rest/audio", {"action": "start"}),
    ("POST", "/rest/audio", {"action": "playTestTone", "speaker": "SPEAKER_BOTH"}),
    ("POST", "/rest/audio", {"action": "stopPlayingTestTone"}),
    ("POST", "/rest/audio/acousticfence", {"action": "enable"}),
    ("GET", "/rest/audio/audiometers", ...),
    ("GET", "/x/audio/sound", ...),
    ("POST", "/rest/video/local/mute", {"mute": True}),
    ("POST", "/rest/video/local/mute", {"mute": False}),
    ("POST", "/x/content/start", {}),
    ("GET", "/rest/mediastats", ...),
    ("GET", "/rest/cameras/contentstatus", ...),
    ("POST", "/x/content/stop", ...),
    ("POST", "/rest/config", {"vars": [{"name": "video.camera.1.trackingMode", "value": "FrameGroup"}]}),
    ("POST", "/rest/conferences", {"address": "sip:nobody@127.0.0.1:9"}),
    ("GET", "/rest/conferences", ...),
    ("POST", "/rest/conferences/active", {"action": "hangup"}),
    ("GET", "/rest/system/status", ...),
    ("GET", "/x/health", ...),
    ("GET", "/x/metrics", ...),
]


@pytest.fixture
def cold(start_room, client, eventually, monkeypatch):
    """A room whose media process is started by the first who needs it, and stands still as soon as it is there."""
    system = start_room("--firmware", NEW)
    impatient = client(Impatient, system)
    impatient.login()
    stopped: list[int] = []

    def halt() -> Impatient:
        impatient.ok("POST", "/rest/audio", {"action": "start"})
        pid = eventually(lambda: impatient.ok("GET", "/x/system/engine")["pid"], "a media process")
        os.kill(pid, signal.SIGSTOP)
        stopped.append(pid)
        assert impatient.ok("GET", "/x/system/engine")["state"] == "STARTING"
        return impatient

    yield halt
    for pid in stopped:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def test_nothing_but_a_picture_waits_for_a_cold_media_process(cold):
    """Who waited for the process would wait for longer than this client does: it stands still."""
    impatient = cold()
    for method, path, body in EVERYTHING_WITHOUT_A_PICTURE:
        answer = impatient.send(method, path, body)
        assert answer.status_code == 200, (method, path, answer.text)


def test_the_last_order_wins_though_the_picture_comes_later(cold, eventually):
    impatient = cold()

    def stored() -> list[bool]:
        return [row["stored"] for row in impatient.ok("GET", "/rest/cameras/near/presets/all")]

    assert impatient.preset("store", 1) == impatient.preset("store", 2) == impatient.preset("store", 3) == 200
    assert impatient.preset("clear", 1) == 200
    assert impatient.preset("store", 2, image="No") == 200
    assert impatient.preset("activate", 3) == 200
    assert stored()[1:4] == [False, True, True]
    pid = impatient.ok("GET", "/x/system/engine")["pid"]
    os.kill(pid, signal.SIGCONT)

    def images() -> list[str]:
        return [row["imageLocation"] for row in impatient.ok("GET", "/rest/cameras/near/presets/all")]

    eventually(lambda: images()[3], "the picture of the third")
    assert images()[1:3] == ["", ""]
    assert stored()[1:4] == [False, True, True]
    assert impatient.send("GET", images()[3]).content.startswith(b"\xff\xd8")
    assert impatient.preset("activate", 1) == 404


def test_a_wrong_pin_is_no_reason_to_log_in_again(room, client):
    """It logs in again at every 403, as some clients do, and leaves a session behind each time."""
    extron = client(Extron, room(NEW))
    extron.login()
    extron.ok("POST", "/x/collaboration", {"pin": "2468"})
    for wrong in range(7):
        answer = extron.send("POST", f"/rest/collaboration/content?pin=999{wrong}")
        if answer.status_code == 403:
            extron.login()
        assert (answer.status_code, answer.json()["reason"].partition(":")[0]) == (400, "PinInvalid")
    assert len(extron.ok("GET", "/rest/current/session/sessions")["sessionList"]) == 1


class Lua(Extron):
    """A script whose language has but one kind of number, and sends a header that says nothing."""

    def send(self, method: str, path: str, body=..., **more) -> requests.Response:
        self.http.headers["Authorization"] = "Basic "
        number = type(body) is int
        return super().send(method, path, float(body) if number else body, **more)


def test_a_script_with_one_kind_of_number(room, client, eventually):
    lua = client(Lua, room(NEW))
    lua.login()
    assert lua.send("POST", "/rest/audio/volume", 43).request.body == "43.0"
    assert lua.ok("GET", "/rest/audio/volume") == 43
    body = {"address": "ada@sim", "rate": 1024.0}
    (link,) = lua.ok("POST", "/rest/conferences", body)
    eventually(lambda: _connected(lua, link["href"]), "connected")
    (conference,) = lua.ok("GET", "/rest/conferences")
    assert type(conference["duration"]) is int
    assert lua.ok("POST", "/rest/config", {"vars": [{"name": "voice.volume.speaker", "value": 44.0}]})
    assert lua.ok("GET", "/rest/audio/volume") == 44
    assert lua.ok("DELETE", "/rest/current/session")["success"] is True
    assert lua.send("GET", "/rest/audio").status_code == 403


@pytest.mark.parametrize("body", [{"action": "reboot"}, {"restartAll": True}, {}, ...])
def test_every_way_to_reboot_ends_sessions_and_comes_back(room, client, eventually, body):
    extron = client(Extron, room(NEW))
    extron.login()
    extron.ok("POST", "/rest/audio/volume", 31)
    assert extron.send("POST", "/rest/system/reboot", body).status_code == 200

    def relogin():
        try:
            if extron.send("GET", "/rest/system").status_code != 403:
                return None
            return extron.login()
        except (requests.ConnectionError, AssertionError):
            return None

    assert eventually(relogin, "a new login")["session"]["creationTime"] < 60
    assert extron.ok("GET", "/rest/audio/volume") == 31
    eventually(lambda: extron.ok("GET", "/rest/system")["state"] == "READY", "ready")
