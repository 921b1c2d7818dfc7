// A service worker that judges tickets.
import init, { Verifier } from "/verifier/index.js";
import { pair } from "/tests/situations.mjs";

let verifier;

addEventListener("install", (event) => {
  const start = async () => {
    await init();
    verifier = pair(Verifier, await (await fetch("/ticket-gate/vectors/situations.json")).json());
  };
  event.waitUntil(start());
});

addEventListener("message", (event) => {
  const { text, at, port } = event.data;
  port.postMessage(verifier.verify(text, { at }).name);
});
