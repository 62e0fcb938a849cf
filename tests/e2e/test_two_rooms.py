"""Two rooms with their defaults: encrypted sound and pictures, a password, hold, and what both logs say."""

from __future__ import annotations


def test_two_rooms(start_room, control, eventually):
    one, other = start_room(), start_room("--auto-answer")
    caller, called = control(one), control(other)
    link = caller.dial(f"sip:room@127.0.0.1:{other.sip_port}", password="42")
    far = "/rest/conferences/0/connections/1"
    for controller, each in ((caller, link), (called, far)):
        connection = controller.wait_for_state(each, "CONNECTED")
        assert (connection["mediaType"], connection["rate"]) == ("AUDIOVIDEO", 1920)
        eventually(lambda c=controller, e=each: c.get(e)["encrypted"], "encrypted")

    def told(controller):
        streams = controller.get("/x/conferences/0/streams")
        rows = {(stream["mediaType"], stream["mediaDirection"]): stream for stream in streams}
        ready = len(rows) >= 4 and all(
            r["packets"] > 50 and r["roundTrip"] is not None for r in rows.values()
        )
        return rows if ready else None

    for controller in (caller, called):
        rows = eventually(lambda c=controller: told(c), "streams each way")
        assert {row["cryptoSuite"] for row in rows.values()} == {"AEAD_AES_256_GCM"}
    eventually(
        lambda: "".join(digit["digit"] for digit in called.get("/x/conferences/digits")) == "42#",
        "the password",
    )
    caller.post("/x/conferences/0/hold", True)
    for controller, state in ((caller, "HOLDING"), (called, "HELD")):
        eventually(lambda c=controller, s=state: c.get("/rest/conferences/0")["holdState"] == s, state)
    caller.post("/x/conferences/0/hold", False)
    for controller in (caller, called):
        eventually(lambda c=controller: c.get("/rest/conferences/0")["holdState"] == "NOTHELD", "taken back")
    caller.delete(link)
    called.wait_idle()
    for controller, kind in ((caller, "PLACED"), (called, "RECEIVED")):
        (entry,) = eventually(lambda c=controller: c.get("/rest/calllog/entries"), "an entry")
        assert (entry["type"], entry["transportType"], entry["causeCode"]) == (kind, "sip", 0)
        assert entry["duration"] <= (entry["endTime"] - entry["startTime"]) / 1000
