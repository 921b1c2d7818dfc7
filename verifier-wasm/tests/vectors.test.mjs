// What Rust says of the vectors, the package says too.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { init, readVectors, situations, Verifier } from "./package.mjs";
import { differences, tokenDifferences } from "./situations.mjs";

before(() => init());

test("every verdict occurs", () => {
  const verdicts = new Set(situations.judged.map((one) => one.answer.verdict));
  assert.deepEqual([...verdicts].sort((a, b) => a - b), [...Array(16).keys()]);
});

test("every situation is judged as in Rust", () => {
  assert.deepEqual(differences(Verifier, situations), []);
});

test("a difference would be noticed", () => {
  const [first, ...rest] = situations.judged;
  const wrong = { ...first, answer: { ...first.answer, serial: 2 } };
  assert.equal(differences(Verifier, { ...situations, judged: [wrong, ...rest] }).length, 1);
});

for (const file of ["foreign", "own"]) {
  test(`tokens of ${file}.json are judged as it says`, () => {
    const bundles = readVectors("ticket-gate/vectors/token_bundles.json");
    const tokens = readVectors(`ticket-token/vectors/${file}.json`);
    assert.deepEqual(tokenDifferences(Verifier, bundles, tokens), []);
  });
}
