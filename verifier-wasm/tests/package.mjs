// The built package, found through GUICHET_VERIFIER_DIST, and the vectors that the Rust tests read too.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { pair } from "./situations.mjs";

const DEFAULT_DIST = fileURLToPath(new URL("../../target/dist/verifier", import.meta.url));

/** The folder of the built package. */
export const dist = resolve(process.env.GUICHET_VERIFIER_DIST ?? DEFAULT_DIST);

/** The address of one of the package's files. */
export const fileOf = (name) => pathToFileURL(join(dist, name)).href;

/** The package as Node imports it. */
export const { default: init, initSync, Verifier, VerifierError } = await import(fileOf("node.js"));

export const readVectors = (path) =>
  JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), "utf8"));

export const situations = readVectors("ticket-gate/vectors/situations.json");

/** A verifier that holds a bundle, and perhaps a status list, of the vectors. */
export const paired = (bundle, statusList) => pair(Verifier, situations, bundle, statusList);

const fresh = situations.judged.find((one) => one.name === "fresh knowledge");

/** The text of a ticket that is VALID at `soon`. */
export const plainTicket = fresh.qr;
export const soon = fresh.at;

/** A ticket that admits six people, with re-entry. */
export const groupTicket = situations.scanned.find((one) => one.name.startsWith("a group")).qr;
