// The package as an app uses it.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { judgeAlterations } from "./alterations.mjs";
import {
  groupTicket,
  init,
  paired,
  plainTicket,
  situations,
  soon,
  Verifier,
  VerifierError,
} from "./package.mjs";
import { bytes } from "./situations.mjs";

before(() => init());

test("init may be called again and answers the same promise", () => {
  assert.equal(init(), init());
});

test("each one-character change of 50 tickets is refused and says why", (t) => {
  const { tickets, alterations, verdicts, faults } = judgeAlterations(Verifier, situations);
  assert.deepEqual(faults.slice(0, 10), []);
  assert.equal(tickets, 50);
  t.diagnostic(`${alterations} alterations: ${JSON.stringify(verdicts)}`);
});

test("an accepted alteration would be noticed", () => {
  const [{ qr, at }] = situations.genuine;
  const lenient = class extends Verifier {
    verify(text, options) {
      return super.verify(text[10] === "a" ? qr : text, options);
    }
  };
  const { faults } = judgeAlterations(lenient, { ...situations, genuine: [{ qr, at }] });
  assert.equal(faults.length, 1);
});

test("verify never throws, whatever it is given for a text", () => {
  const verifier = paired();
  const strange = [
    "",
    "TK1:",
    "\0",
    "\ud800",
    "TK1:\udfff",
    plainTicket.toLowerCase(),
    ` ${plainTicket}`,
    `${plainTicket}\n`,
    plainTicket.repeat(2),
    "TK1:".padEnd(5_000_000, "0"),
    undefined,
    null,
    42,
    {},
    Symbol("ticket"),
  ];
  for (const text of strange) {
    const answer = verifier.verify(text, { at: soon });
    assert.equal(answer.name, "MALFORMED", String(text).slice(0, 20));
    assert.equal(answer.serial, null);
  }
});

test("the answer has the documented fields and no others", () => {
  const answer = paired().verify(plainTicket, { at: soon });
  assert.deepEqual(Object.keys(answer), [
    "verdict",
    "name",
    "advice",
    "warnings",
    "event",
    "serial",
    "ticketType",
    "ticketTypeName",
    "expiresAt",
    "admissions",
    "remaining",
    "bundleAge",
    "statusAge",
  ]);
});

test("without a time, now is meant", (t) => {
  t.mock.method(Date, "now", () => soon + 1234);
  const expected = paired().verify(plainTicket, { at: soon + 1234 });
  assert.deepEqual(paired().verify(plainTicket), expected);
});

test("a second scan is a duplicate that says when and where", () => {
  const verifier = paired();
  const scan = { at: soon, gate: "North", device: "north-1" };
  const first = verifier.scan(plainTicket, scan);
  assert.equal(first.name, "VALID");
  assert.match(first.recorded, /^[0-9a-f]{16}-north-1$/);
  const second = verifier.scan(plainTicket, { ...scan, at: soon + 1, device: "north-2" });
  assert.equal(second.name, "DUPLICATE");
  assert.equal(second.recorded, null);
  assert.deepEqual(second.admissions, [
    { id: first.recorded, kind: "entry", count: 1, at: soon, gate: "North", device: "north-1" },
  ]);
});

test("an undo by name takes back that record", () => {
  const verifier = paired();
  const scan = { at: soon, device: "a" };
  const first = verifier.scan(groupTicket, { ...scan, count: 1 });
  verifier.scan(groupTicket, { ...scan, at: soon + 1, count: 4 });
  const undone = verifier.scan(groupTicket, {
    ...scan,
    at: soon + 2,
    kind: "undo",
    undoes: first.recorded,
  });
  assert.equal(undone.remaining, 2);
});

test("scanners that synced through the host agree", () => {
  const [north, south] = [paired(), paired()];
  north.scan(plainTicket, { at: soon, device: "north" });
  south.scan(plainTicket, { at: soon + 5, device: "south" });
  const fromNorth = north.exportCheckins();
  const fromSouth = south.exportCheckins(0);
  assert.deepEqual([fromNorth.cursor, fromNorth.more], [1, false]);
  assert.equal(north.mergeCheckins(fromSouth.bytes), 1);
  assert.equal(north.mergeCheckins(fromSouth.bytes), 0);
  assert.equal(south.mergeCheckins(fromNorth.bytes), 1);
  const at = soon + 10;
  assert.deepEqual(north.verify(plainTicket, { at }), south.verify(plainTicket, { at }));
  assert.equal(north.verify(plainTicket, { at }).admissions.length, 2);
  // Nothing new was made since, and what was learned is not sent on.
  assert.deepEqual(north.exportCheckins(fromNorth.cursor).bytes, new Uint8Array([0x80]));
});

test("a state survives a restart, and with it the ledger and the guard against rollbacks", () => {
  const verifier = paired("next");
  verifier.scan(plainTicket, { at: soon, device: "a" });
  const state = verifier.exportState();
  verifier.free();
  const restored = Verifier.importState(state, situations.rootKey);
  assert.equal(restored.verify(plainTicket, { at: soon }).name, "DUPLICATE");
  assert.throws(() => restored.update(bytes(situations.bundles.event)), { code: "OLDER" });
  const otherRoot = new Uint8Array(32).fill(3);
  assert.throws(() => Verifier.importState(state, otherRoot), VerifierError);
});

test("a bundle that the root key did not delegate is refused", () => {
  // Another valid public key: the base point of the curve.
  const stranger = "5866666666666666666666666666666666666666666666666666666666666666";
  const bundle = bytes(situations.bundles.event);
  assert.throws(() => new Verifier(bundle, stranger), {
    name: "VerifierError",
    code: "NOT_DELEGATED",
    message: "not delegated by this root key",
  });
});

test("keys and bytes come in every usual form", () => {
  const bundle = bytes(situations.bundles.event);
  const root = bytes(situations.rootKey);
  const padded = new Uint8Array(bundle.length + 8);
  padded.set(bundle, 4);
  const forms = [
    [bundle.buffer.slice(bundle.byteOffset, bundle.byteOffset + bundle.length), root],
    [new DataView(padded.buffer, 4, bundle.length), root],
    [Buffer.from(bundle), situations.rootKey],
    [bundle, situations.rootKey.toUpperCase()],
  ];
  for (const [oneBundle, oneRoot] of forms) {
    assert.equal(new Verifier(oneBundle, oneRoot).verify(plainTicket, { at: soon }).verdict, 0);
  }
});

test("wrong options are named", () => {
  const verifier = paired();
  const wrong = [
    () => verifier.verify(plainTicket, { at: Number.NaN }),
    () => verifier.verify(plainTicket, { at: new Date("never") }),
    () => verifier.verify(plainTicket, { at: -1 }),
    () => verifier.verify(plainTicket, { at: "2027-01-15" }),
    () => verifier.verify(plainTicket, { gate: 7 }),
    () => verifier.verify(plainTicket, { gate: "x".repeat(33) }),
    () => verifier.verify(plainTicket, { count: 0 }),
    () => verifier.verify(plainTicket, { count: 65_537 }),
    () => verifier.verify(plainTicket, { count: 1.5 }),
    () => verifier.verify(plainTicket, { tolerance: -1 }),
    () => verifier.scan(plainTicket, {}),
    () => verifier.scan(plainTicket),
    () => verifier.scan(plainTicket, { device: "" }),
    () => verifier.scan(plainTicket, { device: "a", kind: "undo", undoes: "?" }),
    () => verifier.scan(plainTicket, { device: "a", kind: "toString" }),
    () => verifier.exportCheckins(-1),
    () => verifier.update("bundle"),
    () => new Verifier(bytes(situations.bundles.event), new Uint8Array(31)),
    () => new Verifier(bytes(situations.bundles.event), "xyz"),
  ];
  for (const call of wrong) {
    assert.throws(call, { name: "VerifierError", code: "BAD_OPTION" }, String(call));
  }
});

test("what is held can be shown", () => {
  const { checkins, ...info } = paired().info();
  assert.equal(checkins, 0);
  assert.deepEqual(info, {
    organizer: "acme",
    event: 42,
    names: { fr: "Nuit d’été", en: "Summer night" },
    timeZone: "Europe/Paris",
    doors: { opens: 1_800_036_000_000, closes: 1_800_043_200_000 },
    sequence: 7,
    issuedAt: 1_800_000_000_000,
    expiresAt: 1_802_592_000_000,
    statusAddress: "https://tickets.example/api/verifier/events/summer/status",
    statusIssuedAt: 1_800_000_000_000,
    statusStaleFrom: 1_800_003_600_000,
    statusSize: 1000,
  });
});

test("memory does not grow with use", () => {
  const verifier = paired();
  for (let round = 0; round < 3_000; round++) {
    verifier.verify(plainTicket.replace("A", "B"), { at: soon });
    verifier.info();
    verifier.exportState();
  }
  const before = process.memoryUsage().arrayBuffers;
  for (let round = 0; round < 3_000; round++) {
    verifier.verify(`${plainTicket}${round}`, { at: soon });
    verifier.info();
    verifier.exportState();
  }
  assert.ok(process.memoryUsage().arrayBuffers - before < 16 << 20);
});
