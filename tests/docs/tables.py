"""What of the documentation is not run, and what stands in for what a test machine lacks, with reasons."""

from __future__ import annotations

import re

_ROOT = "installs a service for all users of a computer, as root; tests/e2e/test_deploy.py tries its parts"
_INSTALLED = "updates an installed service"

NOT_RUN: dict[tuple[str, str], str] = {
    ("CONTRIBUTING.md", "make"): "runs the tests, or what CI runs; tests/test_tasks.py tries the Makefile",
    ("README.md", "pytest"): "is the command that runs this test",
    ("docs/operations.md", "useradd"): _ROOT,
    ("docs/operations.md", "apt install"): _ROOT,
    ("docs/operations.md", "install -m 0600"): _ROOT,
    ("docs/operations.md", "editor"): _ROOT,
    ("docs/operations.md", "install -m 0644"): _ROOT,
    ("docs/operations.md", "systemctl daemon-reload"): _ROOT,
    ("docs/operations.md", "journalctl"): _ROOT,
    ("docs/operations.md", "git pull"): _INSTALLED,
    ("docs/operations.md", "sudo -u videobar"): _INSTALLED,
    ("docs/operations.md", "systemctl restart"): _INSTALLED,
    ("docs/operations.md", "/opt/videobar/bin/python deploy/healthy.py"): _INSTALLED,
    (
        "docs/operations.md",
        "scrape_configs",
    ): "needs Prometheus; tests/e2e/test_monitoring.py reads the metrics",
    (
        "docs/many-rooms.md",
        "scrape_configs",
    ): "needs Prometheus; tests/cli/fleet/test_exporter.py reads the metrics",
}
"""By page and first words of a command or block, why nobody runs it here."""

INSTALLS = re.compile(
    r"(?:python3 -m venv|\. \.venv/bin/activate|(?:[\w./]*/)?pip install)[^&\n]*(?:&& )?",
)
"""Parts of a line that make an environment, which the tests run in already; `.ci/run` makes a fresh one by README's."""

FRAGMENTS = frozenset({"docs/client.md"})
"""Pages whose Python is parts of one program, and says so."""

STARTS = frozenset(
    {
        "CONTRIBUTING.md",
        "README.md",
        "docs/quick-start-testing.md",
        "docs/quick-start-device.md",
        "docs/quick-start-room.md",
        "docs/cli-session.md",
        "docs/many-rooms.md",
        "docs/conform.md",
    }
)
"""Pages that begin with nothing; on the others a room and its password are known, as a quick start leaves them."""

DEVICES = frozenset({"CONTRIBUTING.md", "docs/quick-start-device.md", "docs/conform.md", "docs/client.md"})
"""Pages about real devices: simulated rooms stand in for 10.0.0.5 and 10.0.0.6."""

CALLS = frozenset({"docs/quick-start-room.md"})
"""Pages where another room of ours, by SIP, stands in for ada@example.com."""

ROOMS = {
    "docs/content.md": "--engine simulated --content slides",
    "docs/operations.md": "--engine simulated --data videobar",
}
"""The flags of the room that a page about rooms takes for granted."""

STAND_INS = {
    r"--host 0\.0\.0\.0": "--host 127.0.0.1",  # the tests listen on the loopback interface only
    r"--sip-host 192\.0\.2\.7,2001:db8::7": "--sip-host 127.0.0.1,::1",
    r"--sip-host ::(?![\w:])": "--sip-host ::1",
    r"--microphone device": "--microphone tone",  # there are no sound devices
    r"--speaker device": "--speaker none",
    r"v4l2:/dev/video0": "drawn:",  # nor cameras
    r"192\.0\.2\.7": "127.0.0.1",
    r"192\.0\.2\.9": "127.0.0.1:9",
    r"/srv/slides\.mp4": "slides/plan.png",
    r"(?:sip|ldap)([12])\.example\.org": r"127.0.0.1:\1",  # a port where nobody is
    r"/var/lib/": "./",
    r" conform(?! --compare)": " conform --pause 0",  # rooms of ours need no pauses
}
"""Patterns in commands, and what is typed in their place."""

PORTS = re.compile(r"(?<![\d.])(?:8443|506[01]|944[345]|90(?:00|49)|9849)(?!\d)")
"""Ports that pages name; free ones stand in for them."""
