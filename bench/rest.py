"""REST over TLS: the room beside a bare httptools protocol and nginx, in shuffled rounds of one run."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from processes import cpu_seconds, family
from room import Room, room

ROUNDS, SECONDS, CONNECTIONS = 4, 2.0, 4
HERE = Path(__file__).parent
NGINX = """
{user} daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ }}
http {{
  access_log off; keepalive_requests 1000000; default_type application/json;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{
    listen 127.0.0.1:{port} ssl; ssl_certificate {certificate}; ssl_certificate_key {key};
    location = /large {{ alias {folder}/large; }}
    location / {{ return 200 '{small}'; }}
  }}
}}
"""


def request(method: str, path: str, cookie: str = "", body: str = "") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    if cookie:
        lines.append(f"Cookie: {cookie}")
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def load(port: int, pids: list[int], raw: bytes, folder: Path, connections: int) -> dict[str, float]:
    file = folder / "request"
    file.write_bytes(raw)
    before = cpu_seconds(pids)
    command = [sys.executable, str(HERE / "load.py"), str(port), str(SECONDS), str(connections), str(file)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    figures = json.loads(done.stdout)
    figures["cpu_us"] = (cpu_seconds(pids) - before) / figures["requests"] * 1e6
    return figures


def main() -> None:
    with tempfile.TemporaryDirectory() as name, room() as ours:
        folder = Path(name)
        cookie = ours.login()
        for _ in range(5):
            _, links = ours.ask("POST", "/rest/conferences", {"address": "", "dialType": "LOOPBACK"})
            ours.wait_connected(links[0]["href"])
        _, large = ours.ask("GET", "/rest/conferences")
        large_body = json.dumps(large, separators=(",", ":"))
        floors = start_floors(folder, large_body)
        try:
            compare(ours, cookie, floors, folder, len(large_body))
        finally:
            for process, _ in floors.values():
                process.terminate()
                process.wait()


def start_floors(folder: Path, large: str) -> dict[str, tuple[subprocess.Popen, int]]:
    certificate, key = make_certificate(folder)
    (folder / "small").write_text("50")
    (folder / "large").write_text(large)
    files = [str(folder / "small"), str(folder / "large")]
    bare = subprocess.Popen(
        [sys.executable, str(HERE / "bare_protocol.py"), certificate, key, *files],
        stdout=subprocess.PIPE,
        text=True,
    )
    floors = {"bare": (bare, int(bare.stdout.readline()))}
    if shutil.which("nginx"):
        port = random.randint(20000, 32000)
        user = "user root;" if os.getuid() == 0 else ""
        (folder / "nginx.conf").write_text(
            NGINX.format(folder=folder, port=port, certificate=certificate, key=key, small="50", user=user)
        )
        nginx = subprocess.Popen(
            ["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)], stderr=subprocess.DEVNULL
        )
        floors["nginx"] = (nginx, port)
    else:
        print("nginx is not installed: ratios to it are left out")
    return floors


def make_certificate(folder: Path) -> tuple[str, str]:
    certificate, key = str(folder / "certificate.pem"), str(folder / "key.pem")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    subprocess.run([*command.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return certificate, key


def compare(ours: Room, cookie: str, floors: dict, folder: Path, size: int) -> None:
    cases = {
        "small GET": ("GET", "/rest/audio/volume", "/", "", CONNECTIONS),
        f"{size / 1000:.1f} kB GET": ("GET", "/rest/conferences", "/large", "", CONNECTIONS),
        "POST bare boolean": ("POST", "/rest/audio/muted", "/", "true", CONNECTIONS),
        "new connection": ("GET", "/rest/audio/volume", "/", "", 0),
    }
    best: dict[tuple[str, str], dict[str, float]] = {}
    for _ in range(ROUNDS):
        jobs = [(case, who) for case in cases for who in ("room", *floors)]
        random.shuffle(jobs)
        for case, who in jobs:
            method, path, floor_path, body, connections = cases[case]
            if who == "room":
                figures = load(
                    ours.port, [ours.process.pid], request(method, path, cookie, body), folder, connections
                )
            else:
                process, port = floors[who]
                figures = load(
                    port, family(process.pid), request(method, floor_path, cookie, body), folder, connections
                )
            if figures["cpu_us"] < best.get((case, who), {"cpu_us": 1e9})["cpu_us"]:
                best[case, who] = figures
    print(f"{'':20}{'server CPU us/request':>24}{'requests/s':>14}{'p50 ms':>9}{'p99 ms':>9}  ratio of CPU")
    for case in cases:
        for who in ("room", *floors):
            figures = best[case, who]
            ratios = [
                f"{best[case, 'room']['cpu_us'] / best[case, floor]['cpu_us']:.1f} x {floor}"
                for floor in floors
            ]
            print(
                f"{case if who == 'room' else '':20}{who:>8}{figures['cpu_us']:>16.0f}"
                f"{figures['requests'] / figures['seconds']:>14.0f}{figures['p50_ms']:>9.2f}{figures['p99_ms']:>9.2f}"
                f"  {', '.join(ratios) if who == 'room' else ''}"
            )


if __name__ == "__main__":
    main()
