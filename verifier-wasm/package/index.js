// Browsers, service and web workers, Deno, bundlers: the module is fetched from beside this file.
import { initialize } from "./verifier.js";

export { initSync, Verifier, VerifierError } from "./verifier.js";

export default function init(source) {
  return initialize(() => source ?? new URL("./guichet_verifier_bg.wasm", import.meta.url));
}
