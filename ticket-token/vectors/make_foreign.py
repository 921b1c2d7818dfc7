#!/usr/bin/env python3
"""Makes foreign.json: tokens written by pycose, cwt and base45, not by our own code.

    python3 -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python make_foreign.py > foreign.json

Everything is deterministic: fixed seeds, and neither Ed25519 nor the ECDSA of pycose draws random
numbers. The claims of each case are written down by hand, so that the file says what *should* be
read from a token, not what our reader happens to read.
"""

import base64
import hashlib
import json
import struct
import sys

import base45
import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cwt import COSE, CWT, Signer
from cwt.algs.okp import OKPKey as CwtOkpKey
from pycose.algorithms import Es256, EdDSA, HMAC256, HMAC25664
from pycose.headers import KID, Algorithm, ContentType, Critical
from pycose.keys import EC2Key, OKPKey, SymmetricKey
from pycose.keys.curves import P256, Ed25519
from pycose.messages import Mac0Message, Sign1Message

NOW = 1_800_000_000
EXPIRES = 1_830_297_600
SECRET = b"a secret that only the host knows"
ORGANIZER = "demo"

SUB, EXP, NBF, IAT, CTI, CNF, SCOPE = 2, 4, 5, 6, 7, 8, 9


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Key:
    """One Ed25519 key, as each library wants it."""

    def __init__(self, number: int):
        self.seed = hashlib.sha256(b"ticket-token vectors %d" % number).digest()
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key()
        self.public = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.kid = hashlib.sha256(self.public).digest()[:4]
        self.pycose = OKPKey(crv=Ed25519, x=self.public, d=self.seed)

    def cwt(self, alg: int) -> CwtOkpKey:
        return CwtOkpKey({1: 1, 2: self.kid, 3: alg, -1: 6, -2: self.public, -4: self.seed})

    def jwk(self) -> dict:
        return {"kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": self.kid.hex(), "x": b64url(self.public)}


class MacKey:
    """An organizer's key for server tokens: HKDF-SHA256 without salt."""

    def __init__(self, organizer: str):
        def expand(info: bytes) -> bytes:
            return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(SECRET)

        self.pycose = SymmetricKey(k=expand(b"mac-key:" + organizer.encode()))
        self.kid = hashlib.sha256(expand(b"mac-kid")).digest()[:4]


FIRST, SECOND, STRANGER = Key(1), Key(2), Key(3)
# Two keys with one kid, found by a birthday search: a kid is only a hint.
TWIN_A, TWIN_B = Key(18_770), Key(70_931)
assert TWIN_A.kid == TWIN_B.kid
MAC, OTHER_MAC = MacKey(ORGANIZER), MacKey("another")
P256_KEY = EC2Key(
    crv=P256,
    # The generator and the private key 1: nobody verifies this signature, it only has to be one.
    d=(1).to_bytes(32, "big"),
    x=bytes.fromhex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"),
    y=bytes.fromhex("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"),
)


def cti(event: int, serial: int) -> bytes:
    return struct.pack(">II", event, serial)


def standard(**changes) -> dict:
    """The claims of a standard token in ascending order; a change of None takes one away."""
    claims = {EXP: EXPIRES, CTI: cti(42, 1001), SCOPE: b"\x03"}
    for name, value in changes.items():
        key = {"sub": SUB, "exp": EXP, "nbf": NBF, "iat": IAT, "cti": CTI, "cnf": CNF, "scope": SCOPE}[name]
        if value is None:
            del claims[key]
        else:
            claims[key] = value
    return dict(sorted(claims.items()))


def read(profile="standard", kid=FIRST.kid, event=42, serial=1001, ticket_type=3, expires=EXPIRES, **extra) -> dict:
    """What must be read from a token."""
    return {
        "profile": profile, "kid": kid.hex(), "event": event, "serial": serial,
        "ticket_type": ticket_type, "expires": expires, **extra,
    }


def by_pycose(claims, key=FIRST, phdr=None, uhdr=None, tag=True, **options) -> bytes:
    payload = claims if isinstance(claims, bytes) else cbor2.dumps(claims)
    if phdr is None:
        phdr = {Algorithm: EdDSA, KID: key.kid}
    message = Sign1Message(phdr=phdr, uhdr=uhdr or {}, payload=payload, **options)
    message.key = getattr(key, "pycose", key)
    return message.encode(tag=tag)


def mac_by_pycose(claims, key=MAC, algorithm=HMAC256) -> bytes:
    message = Mac0Message(phdr={Algorithm: algorithm, KID: key.kid}, payload=cbor2.dumps(claims))
    message.key = key.pycose
    return message.encode()


def by_cwt(claims, key=FIRST, alg=-8, protected=None, unprotected=None) -> bytes:
    protected = {1: alg, 4: key.kid} if protected is None else protected
    return COSE.new(deterministic_header=True).encode_and_sign(
        cbor2.dumps(claims), key.cwt(alg), protected=protected, unprotected=unprotected or {}
    )


def edit(cose: bytes, part: int, change) -> bytes:
    """Replaces one of the four parts of a COSE object by cbor2, without signing again."""
    tag = cbor2.loads(cose)
    parts = list(tag.value)
    parts[part] = change(parts[part])
    return cbor2.dumps(cbor2.CBORTag(tag.tag, parts))


CASES = []


def case(name: str, about: str, cose: bytes, expect: str, claims: dict | None = None, keys=(FIRST, SECOND), mac=True):
    made_by = "cwt 3.3.0" if name.startswith("cwt") else "pycose 1.1.0"
    entry = {
        "name": name, "about": about, "made_by": made_by,
        "qr_text": "TK1:" + base45.b45encode(cose).decode(), "cose_hex": cose.hex(),
        "keys": {"keys": [key.jwk() for key in keys]},
    }
    if mac:
        entry["mac"] = {"secret_hex": SECRET.hex(), "organizer": ORGANIZER}
    entry |= {"now": NOW, "expect": expect}
    if claims is not None:
        entry["claims"] = claims
    CASES.append(entry)


def good_cases():
    case("pycose-standard", "a standard token", by_pycose(standard()), "ok", read())
    case("pycose-second-key", "signed by the other listed key", by_pycose(standard(), SECOND), "ok", read(kid=SECOND.kid))
    case("pycose-extremes", "the largest event, serial, type of one byte and expiry",
         by_pycose(standard(exp=2**32 - 1, cti=cti(2**32 - 1, 2**32 - 1), scope=b"\xff")), "ok",
         read(event=2**32 - 1, serial=2**32 - 1, ticket_type=255, expires=2**32 - 1))
    case("pycose-zeros", "event, serial and type 0", by_pycose(standard(cti=cti(0, 0), scope=b"\0")), "ok",
         read(event=0, serial=0, ticket_type=0))
    case("pycose-wide-type", "a ticket type of two bytes", by_pycose(standard(scope=b"\x01\x00")), "ok", read(ticket_type=256))
    case("pycose-widest-type", "the largest ticket type", by_pycose(standard(scope=b"\xff\xff")), "ok", read(ticket_type=65535))
    case("pycose-dated", "a dated token", by_pycose(standard(nbf=1_799_000_000)), "ok", read("dated", not_before=1_799_000_000))
    case("pycose-named", "a named token", by_pycose(standard(sub="Zoë Ångström")), "ok", read("named", holder="Zoë Ångström"))
    longest = "Αλεξάνδρα Παπαδ."
    longest += "!" * (32 - len(longest.encode()))
    case("pycose-named-longest", "a name of 32 bytes in Greek", by_pycose(standard(sub=longest)), "ok", read("named", holder=longest))
    case("pycose-named-shortest", "a name of one byte", by_pycose(standard(sub="X")), "ok", read("named", holder="X"))
    case("pycose-twin-a", "two listed keys share the kid; the first signed", by_pycose(standard(), TWIN_A), "ok",
         read(kid=TWIN_A.kid), keys=(TWIN_A, TWIN_B))
    case("pycose-twin-b", "two listed keys share the kid; the second signed", by_pycose(standard(), TWIN_B), "ok",
         read(kid=TWIN_B.kid), keys=(TWIN_A, TWIN_B))
    case("pycose-server", "a server token", mac_by_pycose(standard()), "ok", read("server", kid=MAC.kid))
    case("cwt-standard", "a standard token", by_cwt(standard()), "ok", read())
    case("cwt-ed25519", "algorithm -19 (RFC 9864) is accepted", by_cwt(standard(), alg=-19), "ok", read())
    case("cwt-ed25519-dated", "algorithm -19 on a dated token", by_cwt(standard(nbf=0), alg=-19), "ok", read("dated", not_before=0))
    case("cwt-named", "a named token in Cyrillic", by_cwt(standard(sub="Анна Ёлкина")), "ok", read("named", holder="Анна Ёлкина"))


def key_cases():
    case("pycose-stranger", "the kid is not listed", by_pycose(standard(), STRANGER), "unknown_key", read(kid=STRANGER.kid))
    case("pycose-no-keys", "no key is listed at all", by_pycose(standard()), "unknown_key", read(), keys=())
    case("pycose-forged-kid", "signed by a stranger under a listed kid",
         by_pycose(standard(), STRANGER, phdr={Algorithm: EdDSA, KID: FIRST.kid}), "bad_signature", read())
    case("pycose-wrong-twin", "only the other key of this kid is listed", by_pycose(standard(), TWIN_A), "bad_signature",
         read(kid=TWIN_A.kid), keys=(TWIN_B,))
    case("pycose-external-aad", "signed with external data, which tokens do not have",
         by_pycose(standard(), external_aad=b"gate 4"), "bad_signature", read())
    case("pycose-serial-changed", "the serial was changed after signing",
         edit(by_pycose(standard()), 2, lambda payload: payload.replace(cti(42, 1001), cti(42, 1002))),
         "bad_signature", read(serial=1002))
    case("pycose-algorithm-relabelled", "signed as -8, relabelled as -19: the header is signed too",
         edit(by_pycose(standard()), 0, lambda header: header.replace(b"\xa2\x01\x27", b"\xa2\x01\x32")), "bad_signature", read())
    case("pycose-specimen-kid", "a listed key signed under the kid of specimens, which no key may have",
         by_pycose(standard(), FIRST, phdr={Algorithm: EdDSA, KID: bytes(4)}), "unknown_key", read(kid=bytes(4)))
    case("pycose-server-other-organizer", "another organizer's key under the same kid", mac_by_pycose(standard(), OTHER_MAC),
         "bad_signature", read("server", kid=MAC.kid))
    case("pycose-server-without-secret", "a server token where no secret is known", mac_by_pycose(standard()),
         "unknown_key", read("server", kid=MAC.kid), mac=False)


def proof_cases():
    holder_key = {1: {1: 1, -1: 6, -2: SECOND.public}}
    case("pycose-cnf", "a rotating code without its proof", by_pycose(standard(cnf=holder_key)), "proof_required", read())
    case("pycose-cnf-kid", "a confirmation key by name only", by_pycose(standard(cnf={3: b"k1"})), "proof_required", read())
    case("cwt-cnf-named", "a rotating code with a name", by_cwt(standard(sub="Ana", cnf=holder_key)), "proof_required",
         read("named", holder="Ana"))
    case("pycose-cnf-bad-signature", "the signature is judged before the proof",
         by_pycose(standard(cnf=holder_key), STRANGER, phdr={Algorithm: EdDSA, KID: FIRST.kid}), "bad_signature", read())
    case("pycose-cnf-not-a-map", "a cnf that is no map (RFC 8747)", by_pycose(standard(cnf=b"key")), "malformed")


def unsupported_cases():
    both = {Algorithm: EdDSA, KID: FIRST.kid}
    case("pycose-iat", "an unknown claim: iat", by_pycose(standard(iat=NOW)), "unsupported")
    case("pycose-iss-and-no-cti", "an issuer and no ticket: some other CWT",
         by_pycose({1: "https://example.org", EXP: EXPIRES}), "unsupported")
    case("pycose-text-claim", "an unknown claim with a text key", by_pycose(standard() | {"seat": "A1"}), "unsupported")
    case("pycose-private-claim", "an unknown claim with a negative key", by_pycose(standard() | {-65537: 1}), "unsupported")
    case("pycose-float-claim", "an unknown claim holding a float", by_pycose(cbor2.dumps(standard() | {10: 1.5}, canonical=True)), "unsupported")
    case("pycose-huge-claim-key", "a claim key beyond 64 signed bits", by_pycose(standard() | {2**64 - 1: 0}), "unsupported")
    case("pycose-dated-and-named", "no profile has both", by_pycose(standard(sub="Ana", nbf=1)), "unsupported")
    case("pycose-content-type", "an unknown protected header", by_pycose(standard(), phdr={Algorithm: EdDSA, ContentType: 61, KID: FIRST.kid}), "unsupported")
    case("pycose-critical", "a critical header", by_pycose(standard(), phdr={Algorithm: EdDSA, Critical: [4], KID: FIRST.kid}), "unsupported")
    case("pycose-unprotected-kid", "the kid in the unprotected header, as many issuers put it",
         by_pycose(standard(), phdr={Algorithm: EdDSA}, uhdr={KID: FIRST.kid}), "unsupported")
    case("pycose-unprotected-content-type", "something unprotected beside a whole token", by_pycose(standard(), phdr=both, uhdr={ContentType: 0}), "unsupported")
    case("pycose-es256", "another algorithm, whose signatures also have 64 bytes",
         by_pycose(standard(), P256_KEY, phdr={Algorithm: Es256, KID: FIRST.kid}), "unsupported")
    case("pycose-hmac-64", "HMAC with a truncated tag is another algorithm", mac_by_pycose(standard(), algorithm=HMAC25664), "unsupported")
    case("pycose-server-dated", "a server token with a start", mac_by_pycose(standard(nbf=1)), "unsupported")
    case("pycose-server-named", "a server token with a name", mac_by_pycose(standard(sub="Ana")), "unsupported")
    case("pycose-detached", "the payload is elsewhere", edit(by_pycose(standard()), 2, lambda _: None), "unsupported")
    case("pycose-text-algorithm", "an algorithm by text",
         edit(by_pycose(standard()), 0, lambda _: cbor2.dumps({1: "EdDSA", 4: FIRST.kid})), "unsupported")
    case("pycose-mac-algorithm-on-signature", "HMAC named in a signed object",
         edit(by_pycose(standard()), 0, lambda _: cbor2.dumps({1: 5, 4: FIRST.kid})), "unsupported")
    case("cwt-typ", "a status list's typ on a ticket", by_cwt(standard(), protected={1: -8, 4: FIRST.kid, 16: "statuslist+cwt"}), "unsupported")
    signer = Signer.new(cose_key=FIRST.cwt(-8), protected={1: -8}, unprotected={4: FIRST.kid})
    case("cwt-sign", "COSE_Sign with a list of signers (tag 98)",
         COSE.new().encode_and_sign(cbor2.dumps(standard()), signers=[signer]), "unsupported")
    # With its defaults cwt adds nbf and iat by the clock, unless they are given.
    timed = standard(nbf=NOW, iat=NOW)
    case("cwt-defaults", "what cwt writes by itself: kid unprotected, iat", CWT.new().encode(timed, FIRST.cwt(-8)), "unsupported")
    case("cwt-tag-61", "the CWT tag around a token", CWT.new().encode(timed, FIRST.cwt(-8), tagged=True), "unsupported")


def malformed_cases():
    def of_claims(name, about, **changes):
        case(f"pycose-{name}", about, by_pycose(standard(**changes)), "malformed")

    of_claims("no-exp", "a token that never expires", exp=None)
    of_claims("no-cti", "a token without a ticket", cti=None)
    of_claims("no-scope", "a token without a type", scope=None)
    of_claims("exp-float", "an expiry with a fraction", exp=EXPIRES + 0.5)
    of_claims("exp-wide", "an expiry beyond 32 bits", exp=2**32)
    of_claims("exp-negative", "an expiry before 1970", exp=-1)
    of_claims("exp-text", "an expiry as text", exp="2028-01-01")
    of_claims("exp-tagged", "an expiry with the tag that CWT leaves out", exp=cbor2.CBORTag(1, EXPIRES))
    of_claims("cti-short", "a ticket of 7 bytes", cti=cti(42, 1001)[1:])
    of_claims("cti-long", "a ticket of 9 bytes", cti=cti(42, 1001) + b"\0")
    of_claims("scope-empty", "a type of no bytes", scope=b"")
    of_claims("scope-long", "a type of three bytes", scope=b"\x01\0\0")
    of_claims("scope-padded", "a type of two bytes that fits one", scope=b"\0\x03")
    of_claims("scope-text", "a scope as OAuth has it", scope="standing")
    of_claims("sub-empty", "a name of no bytes", sub="")
    of_claims("sub-long", "a name of 33 bytes", sub="x" * 33)
    of_claims("sub-bytes", "a name as bytes", sub=b"Ana")
    case("pycose-untagged", "COSE_Sign1 without its tag", by_pycose(standard(), tag=False), "malformed")
    case("pycose-kid-long", "a kid of 8 bytes", by_pycose(standard(), phdr={Algorithm: EdDSA, KID: bytes(8)}), "malformed")
    case("pycose-no-kid", "no kid anywhere", by_pycose(standard(), phdr={Algorithm: EdDSA}), "malformed")
    case("pycose-header-order", "kid before alg: not deterministic", by_pycose(standard(), phdr={KID: FIRST.kid, Algorithm: EdDSA}), "malformed")
    case("pycose-claim-order", "claims in the order of writing", by_pycose({SCOPE: b"\x03", CTI: cti(42, 1001), EXP: EXPIRES}), "malformed")
    case("pycose-float-long", "an unknown claim holding a float that has a shorter form", by_pycose(standard() | {10: 1.5}), "malformed")
    case("pycose-payload-text", "a payload that is no map", by_pycose(cbor2.dumps("ticket")), "malformed")
    case("pycose-payload-empty", "an empty payload", by_pycose(b""), "malformed")
    case("pycose-payload-json", "a JSON payload", by_pycose(json.dumps({"exp": EXPIRES}).encode()), "malformed")
    case("pycose-payload-trailing", "a byte after the claims", by_pycose(cbor2.dumps(standard()) + b"\0"), "malformed")
    case("pycose-signature-short", "a signature of 63 bytes", edit(by_pycose(standard()), 3, lambda signature: signature[:63]), "malformed")
    case("pycose-mac-short", "a tag cut to 8 bytes under the algorithm of full tags",
         edit(mac_by_pycose(standard()), 3, lambda tag: tag[:8]), "malformed")
    case("pycose-damage-and-novelty", "an unknown claim in a payload with a byte too many: damage is said first",
         by_pycose(cbor2.dumps(standard(iat=NOW)) + b"\0"), "malformed")


def main():
    for fill in (good_cases, key_cases, proof_cases, unsupported_cases, malformed_cases):
        fill()
    names = [entry["name"] for entry in CASES]
    assert len(names) == len(set(names)), "case names must be unique"
    json.dump({"format": 1, "cases": CASES}, sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
