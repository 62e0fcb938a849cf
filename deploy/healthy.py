"""Exits with 0 while the room on this host is healthy: `healthy.py [PORT]`, by default VIDEOBAR_PORT or 8443."""

import http.client
import os
import ssl
import sys

PATIENCE_S = 8


def main() -> int:
    """Ask once; what is wrong goes to standard error."""
    port = int(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("VIDEOBAR_PORT", "8443"))
    context = ssl.create_default_context()
    # It asks itself: whom the certificate names does not matter here.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=PATIENCE_S)
        connection.request("GET", "/x/health")
        answer = connection.getresponse()
        report = answer.read(4096).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        print(f"not reached: {error}", file=sys.stderr)
        return 1
    if answer.status != 200:
        print(report, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
