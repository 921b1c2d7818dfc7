#!/usr/bin/env python3
"""Verifies tickets with nothing but pycose and a JWK set: no code of ours is involved.

    verify_with_pycose.py JWKS.json [QRTEXT ...]      (or one text a line on standard input)

Prints one line of JSON for each text. Exit code 0: all hold; 1: one does not; 2: wrong usage.
The JWK set is that of GET /api/verifier/keys (RFC 8037). This is the signature alone: time,
revocation and a claim that demands a proof are the gate's business. Nor are these libraries strict:
they accept other encodings of the same claims, and some signatures with an R of small order.
"""

import base64
import hashlib
import json
import struct
import sys

import cbor2
from pycose.headers import KID, Algorithm
from pycose.keys import OKPKey
from pycose.keys.curves import Ed25519
from pycose.messages import CoseMessage, Sign1Message

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
SUB, EXP, NBF, CTI, CNF, SCOPE = 2, 4, 5, 7, 8, 9


class Refused(Exception):
    """A text that is no valid token of these keys."""


def decode_base45(text: str) -> bytes:
    """RFC 9285."""
    output = bytearray()
    for start in range(0, len(text), 3):
        group = text[start : start + 3]
        value = sum(ALPHABET.index(character) * 45**place for place, character in enumerate(group))
        output += value.to_bytes(len(group) - 1, "big")
    return bytes(output)


def read_keys(jwks: dict) -> dict[bytes, list[OKPKey]]:
    """The Ed25519 keys by their kid, which several may share."""
    keys: dict[bytes, list[OKPKey]] = {}
    for jwk in jwks["keys"]:
        if (jwk.get("kty"), jwk.get("crv")) == ("OKP", "Ed25519"):
            public = base64.urlsafe_b64decode(jwk["x"] + "=" * (-len(jwk["x"]) % 4))
            kid = hashlib.sha256(public).digest()[:4]
            keys.setdefault(kid, []).append(OKPKey(crv=Ed25519, x=public))
    return keys


def verify(text: str, keys: dict[bytes, list[OKPKey]]) -> dict:
    if not text.startswith("TK1:"):
        raise Refused("no TK1: in front")
    message = CoseMessage.decode(decode_base45(text[4:]))
    if not isinstance(message, Sign1Message):
        raise Refused("not a COSE_Sign1: only the host can check it")
    if message.uhdr or set(message.phdr) != {Algorithm, KID}:
        raise Refused("headers outside the closed set")
    for key in keys.get(message.phdr[KID], []):
        message.key = key
        if message.verify_signature():
            break
    else:
        raise Refused("no listed key signed it")
    claims = cbor2.loads(message.payload)
    if not {EXP, CTI, SCOPE} <= claims.keys() <= {SUB, EXP, NBF, CTI, CNF, SCOPE}:
        raise Refused("claims outside the closed set")
    event, serial = struct.unpack(">II", claims[CTI])
    read = {
        "kid": message.phdr[KID].hex(), "event": event, "serial": serial,
        "ticket_type": int.from_bytes(claims[SCOPE], "big"), "expires": claims[EXP],
    }
    if NBF in claims:
        read["not_before"] = claims[NBF]
    if SUB in claims:
        read["holder"] = claims[SUB]
    if CNF in claims:
        read["proof_required"] = True
    return read


def main() -> int:
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    with open(sys.argv[1], encoding="utf-8") as file:
        keys = read_keys(json.load(file))
    texts = sys.argv[2:] or [line.rstrip("\r\n") for line in sys.stdin]
    all_hold = bool(texts)
    for text in texts:
        try:
            answer = {"verified": True} | verify(text, keys)
        except Exception as error:  # The libraries raise whatever broken bytes bring about.
            all_hold = False
            answer = {"verified": False, "why": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer, ensure_ascii=False))
    return 0 if all_hold else 1


if __name__ == "__main__":
    sys.exit(main())
