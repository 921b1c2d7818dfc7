// As edge.js, for edge platforms whose bundler tells a compiled module from an instance by a suffix.
import module from "./guichet_verifier_bg.wasm?module";
import { initialize } from "./verifier.js";

export { initSync, Verifier, VerifierError } from "./verifier.js";

export default function init(source) {
  return initialize(() => source ?? module);
}
