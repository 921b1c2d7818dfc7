// Serves the built package, the vectors and the test's page on loopback, under a strict policy.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const TYPES = {
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Starts a server; answers its address and how to stop it. `wasmSource` is what the policy needs. */
export async function serve(dist, wasmSource) {
  const policy = `default-src 'none'; connect-src 'self'; worker-src 'self'; script-src 'self' ${wasmSource}`;
  const folders = {
    "/verifier/": dist,
    "/tests/": join(root, "verifier-wasm/tests"),
    "/ticket-gate/": join(root, "ticket-gate"),
    "/ticket-token/": join(root, "ticket-token"),
  };
  const fileFor = (path) => {
    if (path === "/page.js" || path === "/worker.js") {
      return join(root, "verifier-wasm/tests/browser", path);
    }
    const prefix = Object.keys(folders).find((one) => path.startsWith(one));
    return prefix && !path.includes("..") ? join(folders[prefix], path.slice(prefix.length)) : null;
  };
  const server = createServer(async (request, response) => {
    response.setHeader("Content-Security-Policy", policy);
    const path = new URL(request.url, "http://localhost").pathname;
    if (path === "/") {
      response.setHeader("Content-Type", "text/html; charset=utf-8");
      response.end('<!doctype html><title>test</title><script type="module" src="/page.js"></script>');
      return;
    }
    const file = fileFor(path);
    const body = file && (await readFile(file).catch(() => null));
    response.statusCode = body ? 200 : 404;
    response.setHeader("Content-Type", TYPES[extname(path)] ?? "text/plain");
    response.end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `http://127.0.0.1:${server.address().port}/`,
    stop: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}
