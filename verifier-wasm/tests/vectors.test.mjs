// What Rust says of the situations in the vector files, the package says too.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { bytes, init, paired, situations, Verifier } from "./package.mjs";

before(() => init());

test("every situation is judged as in Rust", () => {
  for (const one of situations.judged) {
    const verifier = paired(one.bundle, one.statusList);
    if (one.checkins) {
      verifier.mergeCheckins(bytes(one.checkins));
    }
    const { at, count, tolerance } = one;
    const options = { at, count, tolerance, ...(one.gate === null ? {} : { gate: one.gate }) };
    assert.deepEqual(verifier.verify(one.qr, options), one.answer, one.name);
    assert.deepEqual(
      verifier.verify(one.qr, { ...options, at: new Date(at) }),
      one.answer,
      one.name,
    );
    verifier.free();
  }
});

test("every verdict occurs", () => {
  const verdicts = new Set(situations.judged.map((one) => one.answer.verdict));
  assert.deepEqual([...verdicts].sort((a, b) => a - b), [...Array(16).keys()]);
});

test("every course of scans goes as in Rust", () => {
  for (const one of situations.scanned) {
    const verifier = paired(one.bundle, one.statusList);
    for (const { at, kind, count, answer } of one.steps) {
      const found = verifier.scan(one.qr, { at, kind, count, device: "vectors" });
      assert.deepEqual(
        {
          name: found.name,
          remaining: found.remaining,
          admissions: found.admissions.length,
          recorded: found.recorded !== null,
        },
        answer,
        `${one.name}, ${kind} at ${at}`,
      );
    }
  }
});

test("what is refused in Rust is refused with the same code", () => {
  for (const one of situations.refused) {
    const verifier = paired();
    const offered = bytes(one.bytes);
    const take = {
      bundle: () => new Verifier(offered, bytes(situations.rootKey)),
      update: () => verifier.update(offered),
      statusList: () => verifier.setStatusList(offered),
      checkins: () => verifier.mergeCheckins(offered),
    };
    assert.throws(take[one.what], { name: "VerifierError", code: one.code }, one.name);
  }
});
