// Node, whose fetch reads no files.
import { readFile } from "node:fs/promises";
import { initialize } from "./verifier.js";

export { initSync, Verifier, VerifierError } from "./verifier.js";

export default function init(source) {
  return initialize(
    () => source ?? readFile(new URL("./guichet_verifier_bg.wasm", import.meta.url)),
  );
}
