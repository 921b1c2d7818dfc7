// The token vectors, a good part of them made by foreign libraries, judged by the package.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { bytes, init, readVectors, Verifier } from "./package.mjs";

const VERDICTS = {
  ok: "VALID",
  malformed: "MALFORMED",
  unsupported: "UNSUPPORTED",
  unknown_key: "UNKNOWN_KEY",
  bad_signature: "BAD_SIGNATURE",
  proof_required: "PROOF_REQUIRED",
};

const settings = readVectors("ticket-gate/vectors/token_bundles.json");

before(() => init());

/** A verifier whose bundle lists the keys of a case. */
function paired({ claims, keys }) {
  const wanted = JSON.stringify([claims?.event ?? 42, keys.keys.map((key) => key.x)]);
  const setting = settings.bundles.find((one) => JSON.stringify([one.event, one.keys]) === wanted);
  return new Verifier(bytes(setting.bundle), settings.rootKey);
}

for (const file of ["foreign", "own"]) {
  test(`${file}.json is judged as it says`, () => {
    for (const one of readVectors(`ticket-token/vectors/${file}.json`).cases) {
      const { claims, name } = one;
      // No scanner holds the secret of server tokens.
      const expected = claims?.profile === "server" ? "ONLINE_REQUIRED" : VERDICTS[one.expect];
      const answer = paired(one).verify(one.qr_text, { at: one.now * 1000 });
      assert.equal(answer.name, expected, name);
      if (answer.serial !== null) {
        assert.equal(answer.event, claims.event, name);
        assert.equal(answer.serial, claims.serial, name);
        assert.equal(answer.ticketType, claims.ticket_type, name);
        assert.equal(answer.expiresAt, claims.expires * 1000, name);
        assert.equal(answer.holder, claims.holder, name);
      }
    }
  });
}
