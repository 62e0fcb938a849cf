"""Parts of scenarios for SIPp, as text."""

from __future__ import annotations


def scenario(name: str, *parts: str) -> str:
    """A whole scenario file."""
    body = "\n".join(parts)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="{name}">\n{body}\n</scenario>\n'


def respond(status: str, *headers: str, first: bool = False, description: str = "") -> str:
    """Answer the last request. The `first` answers to a request carry the tag of the one who is called."""
    lines = [
        f"SIP/2.0 {status}",
        "[last_Via:]",
        "[last_From:]",
        "[last_To:];tag=[call_number]" if first else "[last_To:]",
        "[last_Call-ID:]",
        "[last_CSeq:]",
        *headers,
        *(["Content-Type: application/sdp"] if description else []),
        "Content-Length: [len]" if description else "Content-Length: 0",
    ]
    repeated = ' retrans="500"' if first and not status.startswith("1") else ""
    message = "\n".join(lines)
    return f"<send{repeated}><![CDATA[\n{message}\n\n{description}]]></send>"
