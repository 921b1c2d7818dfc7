// Alters tickets one character at a time, in Node and in browsers: nothing here is of one platform.
import { pair } from "./situations.mjs";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
/** Steps through the alphabet: both neighbours, which a worn print is taken for, and some far ones. */
const STEPS = [1, 44, 7, 20, 31];
/** What base45 has not: lower case, ASCII beside it, a control, two bytes, four bytes, half a pair. */
const STRANGERS = ["a", "k", "z", "!", "_", "\0", "\n", "é", "🎫", "\ud83c"];

/** Every verdict that an altered code may have. */
const REASONS = { 1: "MALFORMED", 2: "UNSUPPORTED", 3: "UNKNOWN_KEY", 4: "BAD_SIGNATURE" };

/**
 * Judges every alteration of one character of every genuine ticket in `situations`. Answers how many
 * tickets and alterations there were, how often each verdict was given, and what was not as it must
 * be: one line each, none if all is well.
 */
export function judgeAlterations(Verifier, situations) {
  const verifier = pair(Verifier, situations);
  const summary = { tickets: 0, alterations: 0, verdicts: {}, faults: [] };
  for (const { qr, at } of situations.genuine) {
    summary.tickets += 1;
    const genuine = verifier.verify(qr, { at });
    if (genuine.name !== "VALID") {
      summary.faults.push(`${qr} itself is ${genuine.name}`);
    }
    for (let place = 0; place < qr.length; place++) {
      for (const character of replacements(qr[place])) {
        const altered = qr.slice(0, place) + character + qr.slice(place + 1);
        const answer = verifier.verify(altered, { at });
        summary.alterations += 1;
        summary.verdicts[answer.name] = (summary.verdicts[answer.name] ?? 0) + 1;
        const fault = faultOf(answer, STRANGERS.includes(character));
        if (fault) {
          summary.faults.push(`${JSON.stringify(altered)}, place ${place}: ${fault}`);
        }
      }
    }
  }
  verifier.free();
  return summary;
}

function replacements(character) {
  const digit = ALPHABET.indexOf(character);
  return [...STEPS.map((step) => ALPHABET[(digit + step) % ALPHABET.length]), ...STRANGERS];
}

function faultOf(answer, isStranger) {
  if (REASONS[answer.verdict] !== answer.name) {
    return `${answer.verdict} ${answer.name} is no reason`;
  }
  if (isStranger && answer.name !== "MALFORMED") {
    return `${answer.name} in spite of a character that no code has`;
  }
  if (answer.advice !== "refuse") {
    return `advice ${answer.advice}`;
  }
  // What an altered token says must not be shown as if it were known.
  const { event, serial, ticketType, expiresAt, holder, remaining } = answer;
  const said = [event, serial, ticketType, expiresAt, holder ?? null, remaining];
  return said.every((value) => value === null) ? null : `it says ${said}`;
}
