// The package in a real browser, under a strict policy, and with its server gone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Chromium } from "./browser/chromium.mjs";
import { serve } from "./browser/server.mjs";
import { dist, plainTicket, situations, soon } from "./package.mjs";

const revokedTicket = situations.judged.find((one) => one.name === "REVOKED");

let server;
let browser;

before(async () => {
  server = await serve(dist, "'wasm-unsafe-eval'");
  browser = await Chromium.open(server.address);
});

after(async () => {
  await browser?.close();
  await server.stop();
});

test("all vectors are judged as in Rust", async () => {
  assert.deepEqual(await browser.call("judgeVectors"), []);
});

test("each one-character change of 50 tickets is refused and says why", async (t) => {
  const { tickets, alterations, verdicts, faults } = await browser.call("judgeAlterations");
  assert.deepEqual(faults.slice(0, 10), []);
  assert.equal(tickets, 50);
  t.diagnostic(`${alterations} alterations: ${JSON.stringify(verdicts)}`);
});

test("a module service worker judges too", async () => {
  assert.equal(await browser.call("startWorker"), true);
  assert.equal(await browser.call("askWorker", plainTicket, soon), "VALID");
});

test("without the server everything is as before", async (t) => {
  await server.stop();
  assert.equal(await browser.call("isOnline"), false);
  assert.equal(await browser.call("verify", plainTicket, soon), "VALID");
  assert.equal(await browser.call("verify", revokedTicket.qr, revokedTicket.at), "REVOKED");
  assert.equal(await browser.call("askWorker", plainTicket, soon), "VALID");
  t.diagnostic(`one verify: ${Math.round(await browser.call("timeVerify", plainTicket, soon))} µs`);
});

test("without 'wasm-unsafe-eval' the browser refuses, as the README says", async () => {
  const strict = await serve(dist, "");
  const page = await Chromium.open(strict.address);
  try {
    await assert.rejects(page.call("judgeVectors"), /Content Security Policy/);
  } finally {
    await page.close();
    await strict.stop();
  }
});
