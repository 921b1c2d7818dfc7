// Sells a ticket by way of the REST API. Paths, bodies and answers have the types of the host's own
// description: a field that is misspelt here does not compile.
//
//   guichet openapi > openapi.json && npm install && npm run types && npm run build
//   GUICHET_URL=http://127.0.0.1:3004 GUICHET_TOKEN=… npm start

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import createClient, { type Middleware } from "openapi-fetch";
import type { paths } from "./guichet.js";

const ATTEMPTS = 5;

/** Repeats what passes by itself. One Idempotency-Key for all attempts: the host acts once. */
async function fetchPatiently(request: Request): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await fetch(request.clone());
      const passing = response.status === 429 || response.status === 503;
      if (!passing || attempt === ATTEMPTS) return response;
      await pause(Number(response.headers.get("retry-after") ?? attempt));
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      await pause(attempt);
    }
  }
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

const identify: Middleware = {
  onRequest({ request }) {
    request.headers.set("authorization", `Bearer ${setting("GUICHET_TOKEN")}`);
    if (request.method !== "GET") request.headers.set("idempotency-key", randomUUID());
    return request;
  },
};

function setting(name: string): string {
  const value = process.env[name];
  assert(value, `set ${name}`);
  return value;
}

const guichet = createClient<paths>({ baseUrl: setting("GUICHET_URL"), fetch: fetchPatiently });
guichet.use(identify);

/** The `data` of a success; any other answer is thrown. */
function dataOf<T>(answer: { data?: { data: T } | undefined; error?: unknown; response: Response }): T {
  if (answer.data === undefined) {
    throw new Error(`${answer.response.status}: ${JSON.stringify(answer.error)}`);
  }
  return answer.data.data;
}

const night = randomUUID().slice(0, 8);
const event = dataOf(
  await guichet.POST("/api/events", {
    body: {
      id: `swing-${night}`,
      title: "Swing in the Park",
      eventDate: "2027-08-21T19:30",
      timeZone: "Europe/Berlin",
      locale: "en",
      currency: "EUR",
    },
  }),
);

const ticket = dataOf(
  await guichet.POST("/api/tickets/generate", {
    body: {
      ticketData: {
        id: `order-${night}-1`,
        eventId: event.id,
        type: "adult",
        price: 2500,
        attendeeName: "Jürgen Weiß",
      },
    },
  }),
);
assert("ticketId" in ticket, "one ticket was asked for");
console.log("issued", ticket.ticketId, ticket.ticketNumber);

const path = { ticketId: ticket.ticketId };
const download = await guichet.GET("/api/tickets/{ticketId}/download", {
  params: { path, query: { format: "pdf" } },
  parseAs: "arrayBuffer",
});
assert(download.data, "a download answers bytes");
const bytes = new Uint8Array(download.data);
assert.equal(new TextDecoder().decode(bytes.subarray(0, 5)), "%PDF-");
console.log("a PDF of", bytes.length, "bytes");

const judge = async () =>
  dataOf(await guichet.POST("/api/tickets/validate", { body: { qr: ticket.qrText } })).name;
assert.equal(await judge(), "VALID");
await guichet.DELETE("/api/tickets/{ticketId}", {
  params: { path, query: { reason: "refunded" } },
});
assert.equal(await judge(), "REVOKED");
console.log("VALID before it was revoked, REVOKED after");

const refused = await guichet.POST("/api/tickets/generate", {
  body: { ticketData: { id: "not possible", type: "adult" } },
});
assert.equal(refused.response.status, 400);
assert(refused.error && "error" in refused.error);
const [detail] = refused.error.error.details;
console.log("refused:", detail?.field, "-", detail?.message);
