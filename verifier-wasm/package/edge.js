// Edge workers on workerd: WebAssembly may not be compiled at run time there, so the module is
// imported, and the platform compiles it when the worker is deployed.
import module from "./guichet_verifier_bg.wasm";
import { initialize } from "./verifier.js";

export { initSync, Verifier, VerifierError } from "./verifier.js";

export default function init(source) {
  return initialize(() => source ?? module);
}
