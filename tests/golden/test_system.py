from videobar.room.calls.port import SipServer
from videobar.vocabulary import SubsystemState


async def test_system(stage):
    ask = stage.ask
    for path in ("", "/status", "/time", "/time/local"):
        await ask("GET", "/rest/system" + path)
    await ask("GET", "/rest/system/sipservers")
    stage.engine.servers = (
        SipServer("sip.example.org", SubsystemState.DOWN, detail="503 Service Unavailable"),
        SipServer("192.0.2.8:5070", SubsystemState.UP, "kamailio", "5.6.3"),
        SipServer("spare.example.org", SubsystemState.OFF),
    )
    await ask("GET", "/rest/system/sipservers")
    await ask("GET", "/rest/system/status")
    await ask("POST", "/rest/system/time", {"time": stage.clock.now_ms() + 5000, "tzOffset": -14_400_000})
    await ask("POST", "/rest/system/time", {"time": 5})
    await ask("GET", "/rest/system/time")
    await ask("GET", "/rest/system/time/local")
    await ask("GET", "/rest/system/uptime")
    await ask("POST", "/x/system/name", "Board room")
    await ask("POST", "/x/system/name", "")
    await ask("GET", "/x/system/engine")
    await ask("GET", "/x/health")
    await ask("GET", "/x/metrics")
    await ask("POST", "/rest/system/network/ping", {"destination": "gateway"})
    await ask("POST", "/rest/system/network/ping", {"destination": "0.0.0.0 "})
    await ask("POST", "/rest/system/network/traceroute", {"destination": "192.0.2.1;reboot"})
    await ask("POST", "/rest/system/network/traceroute", {"destination": "gateway"})

    await ask("GET", "/rest/system/h323gatekeepers")
    for path in ("mode", "apps", "apps/all", "apps/state"):
        await ask("GET", f"/rest/system/{path}")
    await ask("POST", "/rest/system/mode", {"enabledapps": ["device mode"]})
    await ask("POST", "/rest/system/mode", {"enabledapps": ["Solitaire"]})
    await ask("GET", "/rest/system/mode")
    for path in ("mode/device", "mode/signage", "apps/environment"):
        for method in ("POST", "GET", "DELETE"):
            await ask(method, f"/rest/system/{path}")
    await ask("GET", "/rest/system/logs")
    await ask("POST", "/rest/system/reboot", {"restartAll": True})
    await ask("POST", "/rest/system/resetsettings", {"action": "reset"})
    await ask("POST", "/rest/system/resetsettings", {"action": "resetsettings", "keepCdr": True})
    stage.compare("system")


async def test_configuration(stage):
    ask = stage.ask
    names = ["system.info.systemName", "comm.callpreference.sipenable", "x"]
    await ask("POST", "/rest/config", {"names": names})
    changes = [("system.info.systemname", "Lobby"), ("system.info.systemname", ""), ("x", 1)]
    changes.append(("comm.callpreference.sipenable", False))
    await ask("POST", "/rest/config", {"vars": [{"name": name, "value": value} for name, value in changes]})
    await ask("GET", "/x/config")
    await ask("GET", "/rest/provisioning/config")
    await ask("POST", "/rest/devicemanagement/devices")
    await ask("POST", "/rest/devicemanagement/devices", {"deviceState": "PAIRED"})
    stage.compare("configuration")
