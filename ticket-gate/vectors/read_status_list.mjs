// Reads our status lists with a library that knows nothing of us.
//
//   npm install --no-save @owf/token-status-list && node ticket-gate/vectors/read_status_list.mjs
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

// Found from where it was installed, the working directory, and not from here.
const require = createRequire(pathToFileURL(`${process.cwd()}/`));
const { StatusListCwt } = require("@owf/token-status-list");

const vectors = JSON.parse(readFileSync(new URL("situations.json", import.meta.url), "utf8"));
const [valid, revoked, suspended] = [0, 1, 2];

for (const [name, hex] of Object.entries(vectors.statusLists)) {
  const { payload, protectedHeaders } = StatusListCwt.fromToken(Buffer.from(hex, "hex"));
  const list = payload.statusList;
  assert.equal(protectedHeaders.headers.get(16), "application/statuslist+cwt");
  assert.match(payload.subject, /^https:/);
  assert.ok(payload.issuedAt < payload.expirationTime && payload.timeToLive > 0);
  assert.equal(list.getBitsPerStatus(), 2);
  assert.equal(list.totalStatuses, 1000);
  const statuses = [0, 1, 2, 3, 4, 999].map((serial) => list.getStatus(serial));
  assert.deepEqual(statuses, [valid, valid, revoked, suspended, valid, valid]);
  console.log(`${name}: read`);
}
