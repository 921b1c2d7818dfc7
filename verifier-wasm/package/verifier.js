// What every platform shares. Types and their meaning: index.d.ts.
import start, { Core, initSync as startSync } from "./guichet_verifier.js";

// No QR code holds more characters. Longer texts are cut here, to a length that is still refused, so
// that they do not grow the module's memory.
const TEXT_LIMIT = 8192;
const KINDS = { entry: 0, exit: 1, undo: 2 };

let starting;

/** Starts the module once; a failed start may be tried again. */
export function initialize(locate) {
  starting ??= (async () => {
    await start({ module_or_path: await locate() });
  })().catch((error) => {
    starting = undefined;
    throw error;
  });
  return starting;
}

export function initSync(module) {
  startSync({ module });
  starting = Promise.resolve();
}

export class VerifierError extends Error {
  constructor(code, message) {
    super(message);
    this.name = "VerifierError";
    this.code = code;
  }
}

export class Verifier {
  #core;

  constructor(bundle, rootKey) {
    // Passed by importState, which has a core already.
    this.#core =
      bundle instanceof Core ? bundle : attempt(() => new Core(bytes(bundle), keyBytes(rootKey)));
  }

  static importState(state, rootKey) {
    return new Verifier(attempt(() => Core.importState(bytes(state), keyBytes(rootKey))));
  }

  verify(qrText, options = {}) {
    const { at, gate = "", count = 1, tolerance = 0 } = options;
    const answer = attempt(() =>
      this.#core.verify(text(qrText), time(at), name(gate), whole(count), span(tolerance)),
    );
    return JSON.parse(answer);
  }

  scan(qrText, options = {}) {
    const { at, gate = "", device, kind = "entry", count = 1 } = options;
    const { undoes = "", confirmed = false, tolerance = 0 } = options;
    if (!Object.hasOwn(KINDS, kind)) {
      throw badOption(`kind: entry, exit or undo`);
    }
    const nonce = crypto.getRandomValues(new Uint8Array(8));
    const answer = attempt(() =>
      this.#core.scan(
        text(qrText),
        time(at),
        name(gate),
        name(device),
        KINDS[kind],
        whole(count),
        name(undoes),
        confirmed === true,
        span(tolerance),
        nonce,
      ),
    );
    return JSON.parse(answer);
  }

  update(bundle) {
    attempt(() => this.#core.update(bytes(bundle)));
  }

  setStatusList(list) {
    attempt(() => this.#core.setStatusList(bytes(list)));
  }

  exportCheckins(cursor = 0) {
    if (!Number.isInteger(cursor) || cursor < 0 || cursor > 0xffffffff) {
      throw badOption("cursor: what an earlier export answered, or 0");
    }
    const page = this.#core.exportCheckins(cursor);
    try {
      return { bytes: page.bytes, cursor: page.cursor, more: page.more };
    } finally {
      page.free();
    }
  }

  mergeCheckins(page) {
    return attempt(() => this.#core.mergeCheckins(bytes(page)));
  }

  exportState() {
    return this.#core.exportState();
  }

  info() {
    return JSON.parse(this.#core.info());
  }

  free() {
    this.#core.free();
  }
}

/** Turns what the module throws, code and message in one string, into an error. */
function attempt(call) {
  try {
    return call();
  } catch (thrown) {
    if (typeof thrown !== "string") {
      throw thrown;
    }
    const end = thrown.indexOf(" ");
    throw new VerifierError(thrown.slice(0, end), thrown.slice(end + 1));
  }
}

/** What is no string is no ticket: judged as the empty text, MALFORMED. */
function text(value) {
  return typeof value === "string" ? value.slice(0, TEXT_LIMIT) : "";
}

function bytes(value) {
  if (value instanceof Uint8Array) {
    return value;
  }
  if (value instanceof ArrayBuffer) {
    return new Uint8Array(value);
  }
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  throw badOption("bytes: a Uint8Array or ArrayBuffer");
}

/** 32 bytes, or their 64 hexadecimal digits as the host shows them. */
function keyBytes(value) {
  if (typeof value !== "string") {
    return bytes(value);
  }
  const digits = value.trim();
  if (!/^[0-9a-f]{64}$/i.test(digits)) {
    throw badOption("rootKey: 32 bytes or 64 hexadecimal digits");
  }
  return Uint8Array.from(digits.match(/../g), (pair) => Number.parseInt(pair, 16));
}

function time(value = Date.now()) {
  const milliseconds = value instanceof Date ? value.getTime() : value;
  if (!Number.isFinite(milliseconds) || milliseconds < 0) {
    throw badOption("at: a Date, or milliseconds since 1970");
  }
  return milliseconds;
}

function name(value) {
  if (typeof value !== "string") {
    throw badOption("gate, device and undoes: a string");
  }
  return value;
}

// A wrong number would be wrapped into the range silently on its way into the module.
function whole(value) {
  if (!Number.isInteger(value) || value < 1 || value > 0xffff) {
    throw badOption("count: 1 to 65535");
  }
  return value;
}

function span(value) {
  if (!Number.isFinite(value) || value < 0) {
    throw badOption("tolerance: milliseconds, 0 or more");
  }
  return value;
}

function badOption(message) {
  return new VerifierError("BAD_OPTION", message);
}
