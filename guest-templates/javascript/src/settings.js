/**
 * What an organizer may choose, as JSON: `{ "accent": "#7a1f3d", "heading": "Admit one" }`.
 *
 * @import { Colour, Problem } from "./contract.js"
 * @typedef {{ accent: Extract<Colour, { tag: "rgb" }>, heading: string }} Settings
 */

const MOST_HEADING_CHARACTERS = 40;

/** The settings as a JSON Schema, of which a host makes a form. */
export const SCHEMA = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  additionalProperties: false,
  properties: {
    accent: { type: "string", title: "Colour of the band", pattern: "^#[0-9A-Fa-f]{6}$", default: "#7a1f3d" },
    heading: { type: "string", title: "Words in the band", maxLength: MOST_HEADING_CHARACTERS, default: "Ticket" },
  },
};

/**
 * Reads the settings, and goes on after a mistake: who wrote them learns of all in one go.
 * @param {Uint8Array} bytes empty ones stand for the defaults
 * @returns {Settings}
 * @throws {Problem[]} which is how a `result` of the contract says "error"
 */
export function readSettings(bytes) {
  /** @type {Problem[]} */
  const problems = [];
  const object = parseObject(bytes);
  const { accent = SCHEMA.properties.accent.default, heading = SCHEMA.properties.heading.default, ...others } = object;

  const colour = typeof accent === "string" ? /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(accent) : null;
  if (!colour) {
    problems.push(problem("malformed", "/accent", `must be a colour like "#7a1f3d", found ${JSON.stringify(accent)}`));
  }
  if (typeof heading !== "string") {
    problems.push(problem("malformed", "/heading", `must be a text, found ${JSON.stringify(heading)}`));
  } else if ([...heading].length > MOST_HEADING_CHARACTERS || !heading.trim()) {
    problems.push(problem("out-of-range", "/heading", `must have 1 to ${MOST_HEADING_CHARACTERS} characters`));
  }
  for (const name of Object.keys(others)) {
    problems.push(problem("unknown", pointer(name), "no such setting; there are: accent, heading"));
  }
  if (problems.length > 0 || !colour) {
    throw problems;
  }
  const [red, green, blue] = colour.slice(1).map((digits) => parseInt(digits, 16));
  return { accent: { tag: "rgb", val: { red, green, blue } }, heading };
}

/**
 * @param {Uint8Array} bytes
 * @returns {Record<string, any>}
 */
function parseObject(bytes) {
  if (bytes.length === 0) {
    return {};
  }
  let value;
  try {
    value = JSON.parse(decodeUtf8(bytes));
  } catch (error) {
    throw [problem("unreadable", "", `settings must be JSON in UTF-8: ${error}`)];
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw [problem("unreadable", "", "settings must be one JSON object")];
  }
  return value;
}

/** Strictly, by what the language itself has: the sandbox brings no `TextDecoder`, as it brings no `fetch`. */
function decodeUtf8(/** @type {Uint8Array} */ bytes) {
  return decodeURIComponent(Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""));
}

/** @returns {Problem} */
const problem = (/** @type {string} */ kind, /** @type {string} */ at, /** @type {string} */ message) => ({
  kind,
  at,
  message,
});

/** A JSON Pointer (RFC 6901) to a member of the outermost object. */
const pointer = (/** @type {string} */ name) => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
