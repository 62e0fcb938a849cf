"""Digits by INFO, both ways, with SIPp as a phone that knows no telephone events."""

from __future__ import annotations

import random
import shutil
import subprocess

import pytest
from tests.sipp_scenario import respond, scenario

pytestmark = [
    pytest.mark.apt,
    pytest.mark.skipif(shutil.which("sipp") is None, reason="sipp is not installed (Debian: sip-tester)"),
]
CALL = """
 <send retrans="500"><![CDATA[
INVITE sip:room@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: "Phone" <sip:phone@[local_ip]:[local_port]>;tag=[pid]t[call_number]
To: <sip:room@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:phone@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio 9 RTP/AVP 0
]]></send>
 <recv response="100" optional="true"/>
 <recv response="180" optional="true"/>
 <recv response="200" rtd="true" rrs="true"/>
 <send><![CDATA[
ACK [next_url] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: "Phone" <sip:phone@[local_ip]:[local_port]>;tag=[pid]t[call_number]
[last_To:]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
"""
SEND_DIGIT = """
 <send retrans="500"><![CDATA[
INFO [next_url] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: "Phone" <sip:phone@[local_ip]:[local_port]>;tag=[pid]t[call_number]
To: <sip:room@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 2 INFO
Max-Forwards: 70
Content-Type: application/dtmf-relay
Content-Length: [len]

Signal=7
Duration=160
]]></send>
 <recv response="200"/>
 <recv request="BYE" timeout="30000"/>
"""
EXPECT = """
 <recv request="INFO" timeout="30000">
  <action>
   <ereg regexp="TYPE" search_in="hdr" header="Content-Type:" check_it="true" assign_to="1"/>
   <ereg regexp="BODY" search_in="msg" check_it="true" assign_to="1"/>
  </action>
 </recv>
"""


def expect(content_type, body, status="200 OK"):
    return EXPECT.replace("TYPE", content_type).replace("BODY", body) + respond(status)


RELAY, PLAIN = "application/dtmf-relay", "application/dtmf"


@pytest.mark.parametrize(
    "expected",
    [
        [expect(RELAY, "Signal=5"), expect(RELAY, "Signal=#")],
        [expect(RELAY, "Signal=5", "415 Unsupported Media Type"), expect(PLAIN, "5"), expect(PLAIN, "#")],
    ],
    ids=["relay", "plain"],
)
def test_digits_both_ways(tmp_path, start_room, control, eventually, expected):
    room = start_room("--auto-answer")
    controller = control(room)
    file = tmp_path / "phone.xml"
    used = '<Reference variables="1"/>'
    file.write_text(scenario("phone", CALL, *expected, SEND_DIGIT, respond("200 OK"), used))
    phone = subprocess.Popen(
        [
            *("sipp", f"127.0.0.1:{room.sip_port}", "-sf", str(file), "-m", "1", "-nostdin"),
            *(
                "-i",
                "127.0.0.1",
                "-p",
                str(random.randrange(10000, 20000)),
                "-timeout",
                "90",
                "-timeout_error",
            ),
        ],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        link = "/rest/conferences/0/connections/1"
        controller.wait_for_state(link, "CONNECTED")
        controller.post("/rest/audio", {"action": "playDTMF", "dtmfChar": "5"})
        controller.post("/rest/audio/playdtmf", {"dtmfChar": "#"})
        (digit,) = eventually(lambda: controller.get("/x/conferences/digits"), "a digit")
        assert (digit["connectionId"], digit["digit"]) == ("1", "7")
        controller.delete(link)
        assert phone.wait(60) == 0
    finally:
        phone.kill()
        phone.wait()
