// @ts-check
// What the console shows, built from the state the kernel sends and the patches behind it. Pure.

/** How long a page waits for the state before it asks again. */
const ASK_AGAIN_MS = 2000;

/** Rows that a page keeps: beyond the first figure the oldest go back behind "Show … earlier", down to the second. */
export const ROWS_MOST = 400;
export const ROWS_KEPT = 300;

/** Characters of a call's arguments in the line of the call. */
export const SHORT_ARGUMENTS = 400;

/** What a view has not drawn yet. */
export class Marks {
  constructor() {
    /** Rows that are others than they were. @type {Set<string>} */
    this.touched = new Set();
    /** Whether rows came, went or moved. */
    this.moved = true;
  }

  /** Once more from the start. @returns {{touched: Set<string>, moved: boolean}} what there was */
  clear() {
    const { touched, moved } = this;
    this.touched = new Set();
    this.moved = false;
    return { touched, moved };
  }
}

/**
 * @typedef {{id: string, [field: string]: any}} Row
 * @typedef {{at: number, text: string}} Tail
 */

/** The conversation as the kernel told it: rows in order, status, settings, who has the microphone. A row never changes: it is replaced. */
export class Book {
  constructor() {
    this.seq = -1;
    /** @type {Row[]} */
    this.rows = [];
    this.earlier = 0;
    /** @type {Record<string, any> | null} */
    this.status = null;
    /** @type {Record<string, any> | null} */
    this.settings = null;
    /** @type {Record<string, any>} */
    this.mic = {};
    this.askedMs = -Infinity;
    /** @type {Set<Marks>} */
    this.watchers = new Set();
  }

  /** For a view that draws what changed; to be given back to `watchers.delete`. */
  watch() {
    const marks = new Marks();
    this.watchers.add(marks);
    return marks;
  }

  /** @private */
  moved() {
    for (const each of this.watchers) each.moved = true;
  }

  /** @private @param {string} id */
  touched(id) {
    for (const each of this.watchers) each.touched.add(id);
  }

  /** The whole of it. @param {Record<string, any>} told */
  take(told) {
    this.seq = told.seq;
    this.rows = [...(told.rows || [])];
    this.earlier = told.earlier || 0;
    this.status = told.status || {};
    this.settings = told.settings || {};
    this.mic = told.mic || {};
    this.askedMs = -Infinity;
    this.moved();
    for (const row of this.rows) this.touched(row.id);
  }

  /**
   * A patch: whether it was applied, is old, or something before it is missing.
   * @param {Record<string, any>} told @returns {"applied" | "old" | "gap"}
   */
  patch(told) {
    if (this.seq < 0 || told.seq > this.seq + 1) return "gap";
    if (told.seq <= this.seq) return "old";
    this.seq = told.seq;
    const gone = new Set(told.gone || []);
    if (gone.size > 0) {
      const before = this.rows.length;
      this.rows = this.rows.filter((row) => !gone.has(row.id));
      // Those that are not here lay before those that are.
      this.earlier = Math.max(0, this.earlier - (gone.size - (before - this.rows.length)));
      this.moved();
    }
    for (const { after, row } of told.add || []) this.add(after, row);
    for (const change of told.change || []) {
      const index = this.rows.findLastIndex((row) => row.id === change.id);
      if (index < 0) continue;
      this.rows[index] = changedRow(this.rows[index], change);
      this.touched(change.id);
    }
    if (told.status) this.status = { ...this.status, ...told.status };
    if (told.settings) this.settings = { ...this.settings, ...told.settings };
    if (told.mic) this.mic = told.mic;
    return "applied";
  }

  /** @private @param {string} after @param {Row} row */
  add(after, row) {
    const known = this.rows.findIndex((each) => each.id === row.id);
    if (known >= 0) this.rows.splice(known, 1);
    const at = after === "" ? -1 : this.rows.findLastIndex((each) => each.id === after);
    this.moved();
    // Its place is before all that is shown here.
    if (at < 0 && this.earlier > 0 && (after === "" || this.rows.length > 0)) {
      this.earlier++;
      return;
    }
    this.rows.splice(at + 1, 0, row);
    this.touched(row.id);
  }

  /** The oldest rows are let go of where there are too many; whoever wants them asks for them. What waits for somebody stays. */
  trim() {
    if (this.rows.length <= ROWS_MOST) return;
    const waits = this.rows.findIndex((row) => row.open);
    const many = Math.min(this.rows.length - ROWS_KEPT, waits < 0 ? Infinity : waits);
    if (many <= 0) return;
    this.rows = this.rows.slice(many);
    this.earlier += many;
    this.moved();
  }

  /** Rows from before those that are here. @param {Row[]} rows @param {number} earlier */
  before(rows, earlier) {
    const known = new Set(this.rows.map((row) => row.id));
    const fresh = rows.filter((row) => !known.has(row.id));
    this.rows = [...fresh, ...this.rows];
    this.earlier = earlier;
    this.moved();
    for (const row of fresh) this.touched(row.id);
  }

  /** Text that was too long to be sent with its row. @param {string} item @param {string} text */
  whole(item, text) {
    this.rows = this.rows.map((row) => {
      if (row.item !== item || !row.cut) return row;
      this.touched(row.id);
      return { ...row, text, cut: 0 };
    });
  }

  /** Whether to ask for the state now: once, and again after some time. @param {number} nowMs */
  mayAsk(nowMs) {
    if (nowMs - this.askedMs < ASK_AGAIN_MS) return false;
    this.askedMs = nowMs;
    return true;
  }

  /** Something beside it has changed: a row that is drawn is another object. @param {(row: Row) => boolean} which */
  touch(which) {
    this.rows = this.rows.map((row) => {
      if (!which(row)) return row;
      this.touched(row.id);
      return { ...row };
    });
  }
}

/** @param {Row} row @param {{set?: Record<string, any>, tail?: Record<string, Tail>}} change @returns {Row} */
export function changedRow(row, { set = {}, tail = {} }) {
  const now = { ...row, ...set };
  for (const [name, { at, text }] of Object.entries(tail)) now[name] = String(now[name] ?? "").slice(0, at) + text;
  return now;
}

/**
 * What a screen reader is told of a row that is finished; empty while it still grows.
 * @param {Row} row
 */
export function spokenRow(row) {
  if (row.streaming || row.open) return "";
  const who = speaker(row);
  const said = row.kind === "call" ? `${row.name}: ${row.output || row.note || ""}` : row.text || row.note || "";
  return said ? `${who}: ${said}` : "";
}

/** The name in the left column. @param {Row} row */
export function speaker(row) {
  if (row.kind === "call") return row.server ? "MCP tool" : "Tool";
  if (row.kind === "error") return "Error";
  if (row.kind === "note") return "Note";
  if (row.kind === "summary") return "Summary";
  return { user: "You", assistant: "Assistant", system: "System" }[/** @type {string} */ (row.who)] || "";
}

/**
 * Arguments of a call as one reads them: city="Paris". What is not an object of JSON stays as it is.
 * @param {string} text @param {number} limit characters
 */
export function argumentsText(text, limit = SHORT_ARGUMENTS) {
  let shown = text || "";
  try {
    const value = JSON.parse(shown);
    if (value && typeof value === "object" && !Array.isArray(value)) {
      shown = Object.entries(value).map(([name, each]) => `${name}=${JSON.stringify(each)}`).join(", ");
    }
  } catch {
    // Half of it is here, or a model wrote it.
  }
  return shown.length > limit ? `${shown.slice(0, limit - 1)}…` : shown;
}

/**
 * Arguments as they are, for whoever decides about them: nothing left out, nothing invisible, nothing in another order than
 * it is written (Unicode's controls, zero-width characters and those that turn the direction of writing: TR9, TR36).
 * @param {string} text
 */
export function plainArguments(text) {
  return (text || "").replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g,
    (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/**
 * Text in three pieces: heard, not heard (both empty where nothing was cut short: all is heard).
 * @param {Row} row @returns {[string, string]}
 */
export function heardPieces(row) {
  const text = row.text || "";
  if (row.heard_s === null || row.heard_s === undefined) return [text, ""];
  let at = row.heard_chars ?? null;
  if (at === null) at = row.audio_s > 0 ? Math.floor((text.length * Math.min(1, row.heard_s / row.audio_s))) : text.length;
  at = Math.min(text.length, Math.max(0, at));
  // At the end of a word; also never within a surrogate pair.
  while (at > 0 && at < text.length && !/\s/.test(text[at])) at--;
  return [text.slice(0, at), text.slice(at)];
}

/** The chip of what was cut short; empty where nothing was. @param {Row} row */
export function heardChip(row) {
  const { heard_s: heard, audio_s: whole } = row;
  if (heard === null || heard === undefined) return "";
  if (!whole) return heard > 0 ? `interrupted: ${heard.toFixed(2)} s heard` : "interrupted before it was heard";
  if (heard <= 0) return `interrupted: none of ${whole.toFixed(2)} s heard`;
  return `interrupted: ${Math.min(heard, whole).toFixed(2)} s of ${whole.toFixed(2)} s heard`;
}
