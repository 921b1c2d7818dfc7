"""A small client of Guichet's REST API. It needs Python 3.9 and nothing else.

    with the host of `guichet serve --demo` running:
    GUICHET_URL=http://127.0.0.1:3004 GUICHET_TOKEN=... python3 guichet.py
"""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from typing import Any


class GuichetError(Exception):
    """An answer that is no success. `code` is for programs, `details` name the fields to fix."""

    def __init__(self, status: int, error: dict[str, Any]) -> None:
        super().__init__(f"{status} {error.get('code')}: {error.get('message')}")
        self.status = status
        self.code: str = error.get("code", "")
        self.details: list[dict[str, str]] = error.get("details", [])
        self.request_id: str = error.get("requestId", "")


class Guichet:
    """One organizer's view of a host."""

    # What passes by itself: too many requests, a busy host, a key that another attempt still holds.
    PASSING = {"QUOTA_EXCEEDED", "OVERLOADED", "IDEMPOTENCY_IN_PROGRESS"}
    ATTEMPTS = 5
    TIMEOUT_SECONDS = 30

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        self.token = token

    def create_event(self, event: dict[str, Any]) -> dict[str, Any]:
        return self._json("POST", "/api/events", event)

    def generate(self, ticket: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Issues a ticket. `more` are `eventData`, `userData` and `options` of the body."""
        return self._json("POST", "/api/tickets/generate", {"ticketData": ticket, **more})

    def ticket(self, ticket_id: str) -> dict[str, Any]:
        return self._json("GET", f"/api/tickets/{quote(ticket_id)}")

    def download(self, ticket_id: str, form: str = "pdf") -> bytes:
        """The ticket as `pdf`, `png` or `svg`."""
        return self._send("GET", f"/api/tickets/{quote(ticket_id)}/download?format={form}")

    def validate(self, code: str) -> dict[str, Any]:
        """The online verdict on the text of a code."""
        return self._json("POST", "/api/tickets/validate", {"qr": code})

    def revoke(self, ticket_id: str, reason: str) -> dict[str, Any]:
        reason = urllib.parse.quote(reason)
        return self._json("DELETE", f"/api/tickets/{quote(ticket_id)}?reason={reason}")

    def _json(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        return json.loads(self._send(method, path, body))["data"]

    def _send(self, method: str, path: str, body: Any = None) -> bytes:
        headers = {"Authorization": f"Bearer {self.token}"}
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        if method != "GET":
            # One key for all attempts: whatever is lost on the way, the host acts once.
            headers["Idempotency-Key"] = str(uuid.uuid4())
        for attempt in range(1, self.ATTEMPTS + 1):
            request = urllib.request.Request(self.url + path, data, headers, method=method)
            try:
                with urllib.request.urlopen(request, timeout=self.TIMEOUT_SECONDS) as response:
                    return response.read()
            except urllib.error.HTTPError as refusal:
                error = read_error(refusal)
                if error.code not in self.PASSING or attempt == self.ATTEMPTS:
                    raise error from None
                pause = float(refusal.headers.get("Retry-After", attempt))
            except (urllib.error.URLError, TimeoutError, ConnectionError):
                if attempt == self.ATTEMPTS:
                    raise
                pause = attempt
            time.sleep(pause)
        raise AssertionError("unreachable")


def read_error(refusal: urllib.error.HTTPError) -> GuichetError:
    """A proxy in between may answer what is no JSON of ours."""
    try:
        error = json.loads(refusal.read())["error"]
    except (ValueError, KeyError, TypeError):
        error = {"code": "", "message": refusal.reason}
    return GuichetError(refusal.code, error)


def quote(segment: str) -> str:
    return urllib.parse.quote(segment, safe="")


def main() -> None:
    guichet = Guichet(os.environ["GUICHET_URL"], os.environ["GUICHET_TOKEN"])
    night = uuid.uuid4().hex[:8]
    event = guichet.create_event(
        {
            "id": f"jazz-{night}",
            "title": "Jazz at the Lake",
            "eventDate": "2027-06-12T20:00",
            "timeZone": "Europe/Zurich",
            "locale": "en",
            "currency": "CHF",
            "location": "Seebühne",
        }
    )
    ticket = guichet.generate(
        {
            "id": f"order-{night}-1",
            "eventId": event["id"],
            "type": "adult",
            "price": 4500,
            "attendeeName": "Zoë Kraus",
        }
    )
    print("issued", ticket["ticketId"], ticket["ticketNumber"])

    pdf = guichet.download(ticket["ticketId"])
    assert pdf.startswith(b"%PDF-"), "a download is a PDF"
    print("a PDF of", len(pdf), "bytes")

    verdict = guichet.validate(ticket["qrText"])
    assert verdict["name"] == "VALID", verdict
    guichet.revoke(ticket["ticketId"], "refunded")
    verdict = guichet.validate(ticket["qrText"])
    assert verdict["name"] == "REVOKED", verdict
    print("VALID before it was revoked,", verdict["name"], "after")

    try:
        guichet.generate({"id": "x", "typo": "vip"})
    except GuichetError as error:
        assert error.code == "VALIDATION_ERROR" and error.details, error
        print("refused:", error.details[0]["field"], "-", error.details[0]["message"])
    else:
        raise AssertionError("an unknown field was accepted")


if __name__ == "__main__":
    main()
