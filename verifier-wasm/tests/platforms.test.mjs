// The entry points of other platforms than Node, as near as Node can come to them.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { dist, fileOf, plainTicket, situations, soon } from "./package.mjs";

const manifest = JSON.parse(readFileSync(join(dist, "package.json"), "utf8"));
const folder = mkdtempSync(join(tmpdir(), "guichet-verifier-"));
after(() => rmSync(folder, { recursive: true }));

/** Runs a module in a fresh Node and returns what it printed, as JSON. */
function run(source, ...flags) {
  const file = join(folder, "main.mjs");
  writeFileSync(file, source);
  return JSON.parse(execFileSync(process.execPath, [...flags, file], { encoding: "utf8" }));
}

const verify = `
  const hex = (text) => Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));
  const verifier = new Verifier(hex("${situations.bundles.event}"), "${situations.rootKey}");
  const answer = verifier.verify("${plainTicket}", { at: ${soon} });
  console.log(JSON.stringify(answer.name));
`;

test("the package is found by its name", () => {
  mkdirSync(join(folder, "node_modules/@guichet"), { recursive: true });
  symlinkSync(dist, join(folder, "node_modules/@guichet/verifier"), "dir");
  assert.equal(
    run(`import init, { Verifier } from "@guichet/verifier"; await init(); ${verify}`),
    "VALID",
  );
});

test("browsers and workers fetch the module from beside the script", () => {
  const answer = run(`
    import { readFile } from "node:fs/promises";
    // Node's fetch reads no files; a browser's request goes to the same address.
    globalThis.fetch = async (address) =>
      new Response(await readFile(new URL(address)), { headers: { "content-type": "application/wasm" } });
    const { default: init, Verifier } = await import("${fileOf("index.js")}");
    await init();
    ${verify}
  `);
  assert.equal(answer, "VALID");
});

test("a failed start may be tried again", () => {
  const answer = run(`
    import { readFile } from "node:fs/promises";
    globalThis.fetch = async () => { throw new Error("no network"); };
    const { default: init, Verifier } = await import("${fileOf("index.js")}");
    const failure = await init().catch((error) => error.message);
    if (failure !== "no network") throw new Error(failure);
    await init(readFile("${join(dist, "guichet_verifier_bg.wasm")}"));
    ${verify}
  `);
  assert.equal(answer, "VALID");
});

test("bytes at hand start it at once", () => {
  const answer = run(`
    import { readFileSync } from "node:fs";
    import { initSync, Verifier } from "${fileOf("index.js")}";
    initSync(readFileSync("${join(dist, "guichet_verifier_bg.wasm")}"));
    ${verify}
  `);
  assert.equal(answer, "VALID");
});

for (const entry of ["edge.js", "edge-light.js"]) {
  test(`${entry} takes the module that its platform compiled`, () => {
    const hooks = join(folder, "hooks.mjs");
    writeFileSync(
      hooks,
      `export async function load(url, context, next) {
        if (!new URL(url).pathname.endsWith(".wasm")) return next(url, context);
        const source = \`
          import { readFileSync } from "node:fs";
          export default new WebAssembly.Module(readFileSync(new URL(\${JSON.stringify(url)})));
        \`;
        return { format: "module", source, shortCircuit: true };
      }`,
    );
    const answer = run(`
      import { register } from "node:module";
      register("file://${hooks}");
      const { default: init, Verifier } = await import("${fileOf(entry)}");
      // What such a platform forbids. Node compiles a module of its own for its fetch: let it first.
      await new Response("").text();
      WebAssembly.compile = WebAssembly.compileStreaming = () => { throw new Error("forbidden"); };
      await init();
      ${verify}
    `);
    assert.equal(answer, "VALID");
  });
}

test("every file that the manifest names is there", () => {
  const named = [...manifest.files];
  const collect = (entry) =>
    typeof entry === "string" ? named.push(entry) : Object.values(entry).forEach(collect);
  collect(manifest.exports);
  for (const name of named) {
    assert.ok(readFileSync(join(dist, name)).length > 0, name);
  }
});
