// Judges codes with the npm package alone: no host, no network. Reads a question file, prints JSON.
import { readFileSync } from "node:fs";
import init, { Verifier } from "@guichet/verifier";

const question = JSON.parse(readFileSync(process.argv[2], "utf8"));
await init();
const verifier = new Verifier(readFileSync(question.bundle), question.rootKey);
if (question.statusList) {
  verifier.setStatusList(readFileSync(question.statusList));
}
const start = performance.now();
const answers = question.codes.map((code) => verifier.verify(code, { at: Date.now() }));
const milliseconds = performance.now() - start;
console.log(JSON.stringify({ milliseconds, verdicts: answers.map((answer) => answer.name) }));
