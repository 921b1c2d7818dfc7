/**
 * A ticket on A6, upright: the event above, the code and whose it is below.
 *
 * ```text
 * ┌──────────────────┐
 * │ ▓▓▓ heading ▓▓▓▓ │  the band is the same on each ticket, so a background
 * │ Title            │
 * │ date, place      │  one box: a long title pushes down what follows, a
 * │ ──────────────── │  missing value leaves no hole
 * │ ▣▣▣▣▣   holder   │
 * │ ▣▣▣▣▣   seat …   │
 * │ number           │
 * └──────────────────┘
 * ```
 *
 * @import { Frame, Item, Moment, Request } from "./contract.js"
 * @import { Settings } from "./settings.js"
 */

import {
  BLACK,
  WHITE,
  backgroundAt,
  filled,
  frame,
  mm,
  paragraph,
  textBox,
  textStyle,
  tokenSlot,
  valueOf,
} from "./contract.js";
import { SCHEMA, readSettings } from "./settings.js";

const PAGE = { width: mm(105), height: mm(148) };

/** Styles are known by their number, which is their place in the list that `prepare` returns. */
const [TITLE, LEAD, FACT, LABEL, NUMBER, HEADING] = [0, 1, 2, 3, 4, 5];
/** Backgrounds as well. */
const BAND = 0;

/** Our own words. The host formats dates and prices; it does not translate. */
const WORDS = {
  en: { holder: "Name", zone: "Zone", seat: "Seat", type: "Ticket", price: "Price", doors: "Doors", of: "of", code: "Ticket code" },
  de: { holder: "Name", zone: "Bereich", seat: "Platz", type: "Karte", price: "Preis", doors: "Einlass", of: "von", code: "Ticketcode" },
  fr: { holder: "Nom", zone: "Zone", seat: "Place", type: "Billet", price: "Prix", doors: "Portes", of: "sur", code: "Code du billet" },
};

/** The interface `plugin` of the world: two functions, nothing imported. */
export const plugin = {
  /** Called once, when a version is uploaded. */
  prepare(/** @type {Uint8Array} */ bytes) {
    const settings = readSettings(bytes);
    return {
      manifest: manifest(),
      // Handed to each `layout`. Ours needs none: the settings are all in the background.
      state: new Uint8Array(),
      styles: [
        textStyle("sans", 23, { weight: 700, letterSpacing: -10 }),
        textStyle("sans", 12, { weight: 700 }),
        textStyle("sans", 10.5),
        textStyle("sans", 7.5),
        textStyle("mono", 10.5, { letterSpacing: 40 }),
        textStyle("sans", 13, { weight: 700, colour: readableOn(settings.accent) }),
      ],
      backgrounds: [{ size: PAGE, items: band(settings) }],
    };
  },

  /** Called for each ticket, on an instance that nothing was called on before. */
  layout(/** @type {Request} */ request) {
    try {
      return document(request);
    } catch (error) {
      // What is thrown is the error of the `result`. Anything else than a failure would stop the
      // instance, and its message would be lost.
      throw { tag: "failed", val: String(error) };
    }
  },
};

function manifest() {
  /** @returns {{ source: string, name: string, required: boolean, description: string, sample: any }} */
  const field = (
    /** @type {string} */ source,
    /** @type {string} */ name,
    /** @type {string} */ description,
    /** @type {any} */ sample,
  ) => ({ source, name, required: ["title", "number"].includes(name), description, sample });
  const text = (/** @type {string} */ val) => ({ tag: "text", val });
  const moment = (/** @type {number} */ val) => ({ tag: "moment", val });
  return {
    name: "javascript",
    version: "1.0.0",
    description: "A6 ticket with a coloured band, written in JavaScript.",
    languages: Object.keys(WORDS),
    pageFormats: [{ name: "a6", size: PAGE }],
    // A value that is not listed here is never handed to us.
    fields: [
      field("event", "title", "Name of the event", text("Jazz at the Lake")),
      field("event", "starts", "When it begins", moment(1_794_682_800)),
      field("event", "doors", "When the doors open", moment(1_794_679_200)),
      field("event", "venue", "Name of the place", text("Salle des Fêtes")),
      field("event", "address", "Address of the place", text("12 Quai du Mont-Blanc\n1201 Genève")),
      field("ticket", "number", "Ticket number for people", text("7K3D9QXA2M")),
      field("ticket", "holder", "Name of the holder", text("Zoë Østergård")),
      field("ticket", "zone", "Zone, block or entrance", text("Balcony left")),
      field("ticket", "seat", "Row and seat", text("Row 4, seat 12")),
      field("ticket", "type", "Name of the ticket type", text("Reduced")),
      field("ticket", "price", "What was paid", { tag: "money", val: { minorUnits: 2450, currency: "CHF" } }),
    ],
    // All ASCII, of which each character is a byte in UTF-8.
    settingsSchema: Uint8Array.from(JSON.stringify(SCHEMA), (character) => character.charCodeAt(0)),
    assets: [],
    fonts: [],
    token: { tag: "required", val: "standard" },
  };
}

/** @param {Settings} settings */
function band({ accent, heading }) {
  const words = textBox(frame(8, 0, 74, 15), [paragraph(HEADING, heading)], { verticalAlign: "middle" });
  return [filled(frame(0, 0, 105, 15), accent), words];
}

/** White or black, whichever stands out: an organizer may choose a pale accent. */
function readableOn(/** @type {Settings["accent"]} */ { val: { red, green, blue } }) {
  return red * 299 + green * 587 + blue * 114 < 140_000 ? WHITE : BLACK;
}

/** @param {Request} request */
function document({ ticket, event, pageFormat, locale, position }) {
  const language = /** @type {keyof typeof WORDS} */ (locale.split("-")[0] in WORDS ? locale.split("-")[0] : "en");
  const words = WORDS[language];
  const title = valueOf(event, "title");
  // Lists are painted and read aloud in this order.
  const items = [
    backgroundAt(BAND),
    ...counter(position, words.of),
    textBox(frame(8, 21, 89, 62), [
      paragraph(TITLE, title, { role: "heading1", leading: 1100 }),
      ...lines(LEAD, 3.5, valueOf(event, "starts")?.formatted.fullDate),
      ...lines(FACT, 0.5, times(event, words.doors)),
      ...lines(LEAD, 3, valueOf(event, "venue")),
      ...lines(FACT, 0.5, valueOf(event, "address")),
    ]),
    filled(frame(8, 86, 89, 0.3), BLACK),
    tokenSlot(frame(4, 88, 50, 50), words.code),
    textBox(frame(8, 139, 42, 5), [paragraph(NUMBER, valueOf(ticket, "number"))]),
    ...facts(ticket, words),
  ];
  return {
    title: `${title} · ${valueOf(ticket, "number")}`,
    language,
    pages: [{ name: "ticket", size: pageFormat.size, bleed: 0, items }],
    styles: [],
    notes: [],
  };
}

/** No paragraph for a value that does not exist. */
function lines(/** @type {number} */ style, /** @type {number} */ above, /** @type {string | undefined} */ text) {
  return text === undefined ? [] : [paragraph(style, text, { above })];
}

/** "2 of 3", in the band. */
function counter(/** @type {Request["position"]} */ { index, total }, /** @type {string} */ of) {
  const words = paragraph(HEADING, `${index} ${of} ${total}`, { align: "end" });
  return total > 1 ? [textBox(frame(84, 0, 13, 15), [words], { verticalAlign: "middle" })] : [];
}

/** "19:30 · Doors 18:30"; a moment that is known to the day alone has no time to print. */
function times(/** @type {Request["event"]} */ event, /** @type {string} */ doors) {
  const clock = (/** @type {string} */ name, before = "") => {
    /** @type {Moment | undefined} */
    const moment = valueOf(event, name);
    return moment?.precision === "minute" ? [`${before}${moment.formatted.time}`] : [];
  };
  return [...clock("starts"), ...clock("doors", `${doors} `)].join(" · ") || undefined;
}

/** Whose ticket it is and for which place, beside the code. */
function facts(/** @type {Request["ticket"]} */ ticket, /** @type {typeof WORDS["en"]} */ words) {
  const rows = /** @type {const} */ (["holder", "zone", "seat", "type", "price"]).flatMap((name) => {
    const value = valueOf(ticket, name);
    const shown = typeof value === "object" ? value.formatted : value;
    return shown === undefined
      ? []
      : [paragraph(LABEL, words[name], { above: 2.6 }), paragraph(name === "holder" || name === "seat" ? LEAD : FACT, shown)];
  });
  return rows.length > 0 ? [textBox(frame(57, 91.3, 40, 51), rows)] : [];
}
