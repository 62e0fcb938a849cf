"""Kamailio as registrar and proxy: a SIP server that is not ours, with a configuration written for each test."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from tests.free_ports import free_port

PROGRAM = shutil.which("kamailio") or shutil.which("kamailio", path="/usr/sbin:/usr/local/sbin")
PASSWORDS = {"room": "secret-1", "bob": "secret-2"}

CONFIGURATION = """#!KAMAILIO
debug=1
log_stderror=yes
fork=yes
children=2
tcp_children=2
socket_workers=1
auto_aliases=no
alias="example.test"
listen=udp:127.0.0.1:{port}
listen=tcp:127.0.0.1:{port}
server_header="Server: kamailio (5.6.3 (test))"
disable_sctp=yes
{tls_listen}
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "siputils.so"
loadmodule "textops.so"
loadmodule "auth.so"
{tls_modules}
modparam("usrloc", "db_mode", 0)
modparam("registrar", "min_expires", {min_expires})
modparam("registrar", "default_expires", 300)
modparam("auth", "algorithm", "{algorithm}")
modparam("auth", "qop", "{qop}")
modparam("auth", "secret", "testing")
modparam("rr", "enable_double_rr", 1)

request_route {{
    if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
    if (is_method("OPTIONS") && uri == myself && $rU == $null) {{ sl_send_reply("200", "OK"); exit; }}
    if (is_method("CANCEL")) {{ if (t_check_trans()) {{ t_relay(); }} exit; }}
    if (has_totag()) {{
        if (loose_route()) {{ t_relay(); exit; }}
        if (is_method("ACK")) {{ if (t_check_trans()) {{ t_relay(); }} exit; }}
        sl_send_reply("404", "Not Here");
        exit;
    }}
    t_check_trans();
    if ($fU == "room") {{ $var(password) = "{room}"; }}
    else if ($fU == "bob") {{ $var(password) = "{bob}"; }}
    else {{ sl_send_reply("403", "Unknown User"); exit; }}
    if (is_method("REGISTER")) {{
        if (!pv_www_authenticate("example.test", "$var(password)", "0")) {{
            auth_challenge("example.test", "1");
            exit;
        }}
        save("location");
        exit;
    }}
    if (!pv_proxy_authenticate("example.test", "$var(password)", "0")) {{
        proxy_challenge("example.test", "1");
        exit;
    }}
    consume_credentials();
    remove_hf("Route");
    record_route();
    if (!lookup("location")) {{ sl_send_reply("404", "Not Found"); exit; }}
    t_relay();
}}
"""
TLS = """[server:default]
method = TLSv1.2+
verify_certificate = no
require_certificate = no
private_key = {certificate}
certificate = {certificate}
[client:default]
verify_certificate = no
"""


class Kamailio:
    """One server in a process group of its own, on loopback."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        algorithm: str = "MD5",
        qop: str = "auth",
        min_expires: int = 60,
        certificate: Path | None = None,
    ) -> None:
        self.port = port or free_port()
        self.tls_port = free_port() if certificate is not None else 0
        folder.mkdir(parents=True, exist_ok=True)
        tls_file = folder / "tls.cfg"
        if certificate is not None:
            tls_file.write_text(TLS.format(certificate=certificate))
        self.log = folder / "kamailio.log"
        configuration = folder / "kamailio.cfg"
        configuration.write_text(
            CONFIGURATION.format(
                port=self.port,
                algorithm=algorithm,
                qop=qop,
                min_expires=min_expires,
                tls_listen=f"enable_tls=yes\nlisten=tls:127.0.0.1:{self.tls_port}" if certificate else "",
                tls_modules=f'loadmodule "tls.so"\nmodparam("tls", "config", "{tls_file}")'
                if certificate
                else "",
                **PASSWORDS,
            )
        )
        self.command = [
            str(PROGRAM),
            *("-f", str(configuration), "-DD", "-E", "-m", "32", "-M", "4"),
            *("-Y", str(folder), "-w", str(folder)),
        ]
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def address(self) -> str:
        """As a room is told of it."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Run, and wait until it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + 30
        ping = (
            "OPTIONS sip:127.0.0.1:{server} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK1;rport\r\n"
            "From: <sip:t@127.0.0.1>;tag=1\r\nTo: <sip:127.0.0.1>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n"
            "Max-Forwards: 5\r\nContent-Length: 0\r\n\r\n"
        )
        with socket.socket(type=socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            probe.settimeout(0.2)
            while time.monotonic() < deadline:
                assert self.process.poll() is None, self.log.read_text()
                probe.sendto(
                    ping.format(port=probe.getsockname()[1], server=self.port).encode(),
                    ("127.0.0.1", self.port),
                )
                try:
                    if probe.recv(2048).startswith(b"SIP/2.0 200"):
                        return
                except OSError:
                    continue
        raise AssertionError("Kamailio never answered:\n" + self.log.read_text())

    def stop(self) -> None:
        """End it; twice is harmless."""
        if self.process is not None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)  # its children too, which outlive it if it hangs
            self.process.wait()
            self.process = None
