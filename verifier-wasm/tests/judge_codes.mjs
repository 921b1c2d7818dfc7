// Judges codes in headless Chromium with its server stopped: no host, no network. Reads a question file
// as the demonstration's verify.mjs does, prints JSON.
import { readFileSync } from "node:fs";
import { Chromium } from "./browser/chromium.mjs";
import { serve } from "./browser/server.mjs";
import { dist } from "./package.mjs";

const question = JSON.parse(readFileSync(process.argv[2], "utf8"));
const base64 = (path) => path && readFileSync(path).toString("base64");
const server = await serve(dist, "'wasm-unsafe-eval'");
const browser = await Chromium.open(server.address);
try {
  await browser.call("hold", base64(question.bundle), question.rootKey, base64(question.statusList));
  await server.stop();
  console.log(JSON.stringify(await browser.call("judgeCodes", question.codes)));
} finally {
  await browser.close();
}
