/**
 * The contract in JavaScript's own terms.
 *
 * A record of `wit/v0/guichet-template.wit` is an object with camelCase names, and all of them have to be
 * there: `option` that is none is `null`. A variant is `{ tag, val }`, an enum the name of its case. The
 * functions here fill in what a plain ticket leaves alone, so that `ticket.js` shows only what it means.
 *
 * @typedef {{ x: number, y: number, width: number, height: number }} Frame in EMU
 * @typedef {{ tag: "rgb", val: { red: number, green: number, blue: number } } | { tag: "gray", val: number }} Colour
 * @typedef {{ kind: string, at: string, message: string }} Problem
 * @typedef {{ tag: string, val: any }} Tagged
 * @typedef {{ name: string, value: Tagged }} NamedValue
 * @typedef {{ role: string, alternative: string | null, content: Tagged }} Item
 * @typedef {{ name: string, size: { width: number, height: number } }} PageFormat
 * @typedef {{ fullDate: string, time: string, zoneName: string }} MomentText as far as we read it
 * @typedef {{ precision: "day" | "minute", formatted: MomentText }} Moment
 * @typedef {{ ticket: NamedValue[], event: NamedValue[], organizer: NamedValue[], pageFormat: PageFormat,
 *             locale: string, position: { index: number, total: number } }} Request
 */

/** Millimetres in EMU, which are whole numbers: no floating-point number crosses the border. */
export const mm = (/** @type {number} */ value) => Math.round(value * 36_000);
/** Points in EMU. */
export const pt = (/** @type {number} */ value) => Math.round(value * 12_700);

/** @returns {Frame} from millimetres */
export const frame = (
  /** @type {number} */ x,
  /** @type {number} */ y,
  /** @type {number} */ width,
  /** @type {number} */ height,
) => ({ x: mm(x), y: mm(y), width: mm(width), height: mm(height) });

/** @type {Colour} */
export const BLACK = { tag: "gray", val: 0 };
/** @type {Colour} */
export const WHITE = { tag: "gray", val: 255 };

/**
 * A text style. A face that the family does not have is not imitated: `mono` has no bold.
 * @param {string} family
 * @param {number} points
 * @param {{ weight?: number, colour?: Colour, letterSpacing?: number }} [choices]
 */
export const textStyle = (family, points, { weight = 400, colour = BLACK, letterSpacing = 0 } = {}) => ({
  family,
  weight,
  slant: "upright",
  size: pt(points),
  colour,
  underline: false,
  letterSpacing,
  baselineShift: 0,
  features: [],
  language: null,
});

/**
 * A paragraph in the style of that number.
 * @param {number} style
 * @param {string} text
 * @param {{ role?: string, align?: string, above?: number, leading?: number }} [choices] `above` in millimetres,
 *   `leading` in thousandths of the font's size
 */
export const paragraph = (style, text, { role = "none", align = "start", above = 0, leading = 1200 } = {}) => ({
  role,
  spans: [{ text, style, link: null }],
  align,
  lineHeight: { tag: "relative", val: leading },
  spaceBefore: mm(above),
  direction: "automatic",
  hyphenate: false,
});

/**
 * Paragraphs one below the other. When the box is full, all of them become smaller, down to `least`
 * thousandths of their size, and then end with `…`.
 * @param {Frame} frame
 * @param {ReturnType<typeof paragraph>[]} paragraphs at least one
 * @param {{ least?: number, verticalAlign?: string }} [choices]
 * @returns {Item}
 */
export const textBox = (frame, paragraphs, { least = 500, verticalAlign = "top" } = {}) => ({
  role: "paragraph",
  alternative: null,
  content: {
    tag: "text",
    val: { frame, paragraphs, verticalAlign, maxLines: null, overflow: { tag: "shrink", val: least } },
  },
});

/**
 * A filled rectangle, which a reader who cannot see it does not hear of.
 * @param {Frame} frame
 * @param {Colour} colour
 * @returns {Item}
 */
export const filled = (frame, colour) => ({
  role: "artifact",
  alternative: null,
  content: {
    tag: "rectangle",
    val: { frame, radius: 0, fill: { tag: "colour", val: colour }, stroke: null },
  },
});

/**
 * The slot for the signed code: the host draws it, and no template ever sees the token.
 * @param {Frame} frame symbol and quiet zone
 * @param {string} alternative
 * @returns {Item}
 */
export const tokenSlot = (frame, alternative) => ({
  role: "figure",
  alternative,
  content: {
    tag: "code",
    val: { frame, symbology: "qr", content: { tag: "token" }, errorCorrection: "medium", colours: null },
  },
});

/**
 * The background of that number, placed at the corner of the page.
 * @param {number} index
 * @returns {Item}
 */
export const backgroundAt = (index) => ({
  role: "none",
  alternative: null,
  content: { tag: "background", val: { index, at: { x: 0, y: 0 } } },
});

/**
 * The value of that name, or `undefined`: a value that does not exist is not in its list, and one that
 * exists is never the empty text.
 * @param {NamedValue[]} values
 * @param {string} name
 */
export const valueOf = (values, name) => values.find((entry) => entry.name === name)?.value.val;
