// Runs in the page: everything that the test asks of a browser.
import init, { Verifier } from "/verifier/index.js";
import { judgeAlterations } from "/tests/alterations.mjs";
import { differences, pair, tokenDifferences } from "/tests/situations.mjs";

const read = async (path) => (await fetch(path)).json();

let verifier;

/** Loads the package and judges all vectors. */
globalThis.judgeVectors = async () => {
  await init();
  const situations = await read("/ticket-gate/vectors/situations.json");
  const bundles = await read("/ticket-gate/vectors/token_bundles.json");
  verifier = pair(Verifier, situations);
  return [
    ...differences(Verifier, situations),
    ...tokenDifferences(Verifier, bundles, await read("/ticket-token/vectors/foreign.json")),
    ...tokenDifferences(Verifier, bundles, await read("/ticket-token/vectors/own.json")),
  ];
};

/** Alters every genuine ticket, character by character. */
globalThis.judgeAlterations = async () =>
  judgeAlterations(Verifier, await read("/ticket-gate/vectors/situations.json"));

/** Loads the package and what a scanner fetched, each in base64. */
globalThis.hold = async (bundle, rootKey, statusList) => {
  const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  await init();
  verifier = new Verifier(bytes(bundle), rootKey);
  if (statusList) {
    verifier.setStatusList(bytes(statusList));
  }
};

/** The verdicts of many codes, and how long they took together. */
globalThis.judgeCodes = (codes) => {
  const start = performance.now();
  const verdicts = codes.map((code) => verifier.verify(code, { at: Date.now() }).name);
  return { milliseconds: performance.now() - start, verdicts };
};

/** One verdict, with whatever network there is. */
globalThis.verify = (text, at) => verifier.verify(text, { at }).name;

/** Microseconds for one `verify`, the median of some rounds. */
globalThis.timeVerify = (text, at) => {
  const rounds = Array.from({ length: 11 }, () => {
    const start = performance.now();
    for (let count = 0; count < 100; count++) {
      verifier.verify(text, { at });
    }
    return (performance.now() - start) * 10;
  });
  return rounds.sort((a, b) => a - b)[5];
};

/** Whether the server can be reached. */
globalThis.isOnline = () => fetch("/", { cache: "no-store" }).then(() => true, () => false);

/** Installs a service worker that has the verifier in it. */
globalThis.startWorker = async () => {
  const registration = await navigator.serviceWorker.register("/worker.js", { type: "module" });
  await navigator.serviceWorker.ready;
  return registration.active !== null;
};

/** Asks the service worker for a verdict. */
globalThis.askWorker = async (text, at) => {
  const { active } = await navigator.serviceWorker.ready;
  const { port1, port2 } = new MessageChannel();
  const answer = new Promise((resolve) => {
    port1.onmessage = (event) => resolve(event.data);
  });
  active.postMessage({ text, at, port: port2 }, [port2]);
  return answer;
};

// Given by the test, which waits for it.
globalThis.reportLoaded("");
