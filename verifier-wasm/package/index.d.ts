/** Bytes as they come from `fetch`, a file or a database. */
export type Bytes = Uint8Array | ArrayBuffer | ArrayBufferView;

/**
 * Loads the WebAssembly module, once; later calls answer the same promise. It finds its own file:
 * beside the script in browsers, workers and Deno, on disk in Node, in the deployed bundle on edge
 * platforms. Under a Content-Security-Policy it needs `script-src 'wasm-unsafe-eval'`.
 *
 * @param source Where else to find it: an address, a response, bytes or a compiled module.
 */
export default function init(
  source?: URL | string | Request | Response | BufferSource | WebAssembly.Module,
): Promise<void>;

/** As {@link init}, at once. Some browsers compile this much only in a worker. */
export function initSync(module: BufferSource | WebAssembly.Module): void;

/**
 * One scanner's knowledge of one event: its bundle, its status list, and who went in and out.
 * Everything is synchronous and works with the network off. Call {@link init} first.
 */
export class Verifier {
  /**
   * @param bundle The event bundle, from `GET /api/verifier/events/{eventId}/bundle`.
   * @param rootKey The organizer's root public key that this scanner was paired with: 32 bytes, or 64
   * hexadecimal digits, as `data.rootKey` of `GET /api/verifier/root-key`. Get it once, by a way that you trust; everything else is checked against it.
   * @throws {VerifierError} When that root key did not delegate the key that signed the bundle
   * (`NOT_DELEGATED`), or the bundle is no sound bundle.
   */
  constructor(bundle: Bytes, rootKey: Bytes | string);

  /**
   * Restores what {@link exportState} saved. The bundle and status list are checked again.
   * @throws {VerifierError}
   */
  static importState(state: Bytes, rootKey: Bytes | string): Verifier;

  /**
   * Answers whether a ticket may pass, and changes nothing. Never throws on any text.
   * @throws {VerifierError} `BAD_OPTION`, only for wrong options.
   */
  verify(qrText: string, options?: VerifyOptions): Answer;

  /**
   * Answers, and records what follows, in one step: two scans of one ticket never both pass.
   * An entry is recorded if the advice is `admit`, or `ask` and you say `confirmed`. An exit or undo
   * is recorded for every genuine ticket of this event, whatever the verdict.
   * @throws {VerifierError} `BAD_OPTION`, only for wrong options.
   */
  scan(qrText: string, options: ScanOptions): ScanAnswer;

  /**
   * Takes in a newer bundle.
   * @throws {VerifierError} `OLDER` for a rollback, `WRONG_EVENT`, or as the constructor. What was held
   * stays in force then.
   */
  update(bundle: Bytes): void;

  /**
   * Takes in a status list, from the address in {@link Info.statusAddress}.
   * @throws {VerifierError} `OLDER` for a rollback, `WRONG_EVENT`, `WRONG_STATUS_LIST`, or as the
   * constructor. What was held stays in force then.
   */
  setStatusList(list: Bytes): void;

  /**
   * What was recorded on this scanner after `cursor` (0 or none: all of it), for other scanners. Send
   * it, then keep the answered cursor; sending twice does no harm.
   */
  exportCheckins(cursor?: number): CheckinPage;

  /**
   * Takes in check-ins of other scanners, in any order and as often as you like.
   * @returns How many were new.
   * @throws {VerifierError}
   */
  mergeCheckins(page: Bytes): number;

  /** Everything but the root key, to be stored and given to {@link importState} after a restart. */
  exportState(): Uint8Array;

  /** What is held. */
  info(): Info;

  /** Frees the memory at once. Otherwise it is freed some time after the last use. */
  free(): void;
}

/** Why something was not taken in. */
export class VerifierError extends Error {
  readonly name: "VerifierError";
  /** For programs; the message is for people. */
  readonly code:
    /** An argument that is not as documented. */
    | "BAD_OPTION"
    /** Another root key, or forged. */
    | "NOT_DELEGATED"
    /** Altered, or not signed by the delegated key. */
    | "BAD_SIGNATURE"
    /** Issued when its key was not delegated. */
    | "OUTSIDE_DELEGATION"
    /** A rollback: something newer is held. */
    | "OLDER"
    /** Made for another event. */
    | "WRONG_EVENT"
    /** From another address than the bundle names. */
    | "WRONG_STATUS_LIST"
    /** Of a newer format: update this package. */
    | "UPDATE_NEEDED"
    /** Longer than anything that a host makes. */
    | "TOO_LARGE"
    /** Damaged, or something else altogether. */
    | "INVALID";
}

export interface VerifyOptions {
  /** When: a Date, or milliseconds since 1970. Default: now. */
  at?: Date | number;
  /** The gate's name. Without it no gate is wrong. */
  gate?: string;
  /** How many people want in, 1 to 65535. Default: 1. */
  count?: number;
  /** How far the clock may be wrong, in milliseconds: time limits give way by that much. Default: 0. */
  tolerance?: number;
}

export interface ScanOptions extends VerifyOptions {
  /** This scanner's name, 1 to 32 bytes, unlike that of any other scanner of the organizer. */
  device: string;
  /** What happens. Default: `entry`. */
  kind?: "entry" | "exit" | "undo";
  /** For `undo`: the `id` of the record to take back. Default: the latest of this ticket and device. */
  undoes?: string;
  /** A steward decided to admit although the advice is `ask`. */
  confirmed?: boolean;
}

/** Numbers and names never change their meaning. */
export type VerdictName =
  /** 0 */ | "VALID"
  /** 1: not one of our codes, or damaged. */ | "MALFORMED"
  /** 2: one of ours that this version cannot judge. */ | "UNSUPPORTED"
  /** 3: signed by a key that the bundle does not list; every specimen. */ | "UNKNOWN_KEY"
  /** 4: forged or altered. */ | "BAD_SIGNATURE"
  /** 5 */ | "WRONG_EVENT"
  /** 6 */ | "NOT_YET_VALID"
  /** 7 */ | "EXPIRED"
  /** 8 */ | "REVOKED"
  /** 9 */ | "SUSPENDED"
  /** 10: its key is past its time. */ | "KEY_EXPIRED"
  /** 11: used up. */ | "DUPLICATE"
  /** 12: only the host can check it. */ | "ONLINE_REQUIRED"
  /** 13: its key was withdrawn. */ | "KEY_REVOKED"
  /** 14: a picture of a rotating code. */ | "PROOF_REQUIRED"
  /** 15 */ | "WRONG_GATE";

/** Doubts beside a verdict; none of them hides it. */
export type WarningName =
  /** A later revocation may not be known here. */
  | "STATUS_STALE"
  /** No status list, or the ticket was sold after it was made. */
  | "STATUS_UNKNOWN"
  /** The bundle does not know the ticket's type; one admission is assumed. */
  | "TYPE_UNKNOWN"
  /** Keys and rules may have changed. */
  | "BUNDLE_EXPIRED"
  /** The clock is wrong: it shows a time before the bundle or status list was made. */
  | "CLOCK_BEHIND";

export interface Answer {
  /** 0 for VALID, else the first reason against it. */
  verdict: number;
  name: VerdictName;
  /** What to do, by the event's policy. */
  advice: "admit" | "ask" | "refuse";
  warnings: WarningName[];
  /** The event's number. This and the next four are null unless the signature holds. */
  event: number | null;
  /** The ticket's number in its event. */
  serial: number | null;
  ticketType: number | null;
  /** In the event's own language; null also for a type that the bundle does not know. */
  ticketTypeName: string | null;
  /** Milliseconds since 1970; the outer bound in the token. */
  expiresAt: number | null;
  /** Only in tokens that carry it. Show it as text. */
  holder?: string;
  /** Earlier entries and exits that count now, by time. */
  admissions: Admission[];
  /** How many more people this ticket admits now; null unless it is a genuine one of this event. */
  remaining: number | null;
  /** Milliseconds since the bundle was made. */
  bundleAge: number;
  /** Milliseconds since the status list was made; null without one. */
  statusAge: number | null;
}

export interface ScanAnswer extends Answer {
  /** The `id` of what this scan recorded; null if nothing. `remaining` counts it, `admissions` not. */
  recorded: string | null;
}

export interface Admission {
  /** For {@link ScanOptions.undoes}. */
  id: string;
  kind: "entry" | "exit";
  count: number;
  /** Milliseconds since 1970, by that scanner's clock. */
  at: number;
  gate: string | null;
  device: string;
}

export interface CheckinPage {
  /** For {@link Verifier.mergeCheckins} of other scanners. */
  bytes: Uint8Array;
  /** For the next export. */
  cursor: number;
  /** Whether there is more after `cursor`. */
  more: boolean;
}

export interface Info {
  organizer: string;
  /** The event's number. */
  event: number;
  /** The event's names by language tag; the first is in its own language. */
  names: Record<string, string>;
  /** IANA name. */
  timeZone: string;
  /** When the doors open and close, in milliseconds since 1970. */
  doors?: { opens: number; closes: number };
  /** Of the bundle. */
  sequence: number;
  issuedAt: number;
  expiresAt: number;
  /** Where the status list is found. */
  statusAddress: string;
  statusIssuedAt: number | null;
  /** When a newer list should have been fetched. */
  statusStaleFrom: number | null;
  /** How many tickets the list covers. */
  statusSize: number | null;
  /** How many records the ledger holds. */
  checkins: number;
}
