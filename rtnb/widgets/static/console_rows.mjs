// @ts-check
// What the console shows, built from the state the kernel sends and the patches behind it. Pure.

/** How long a page waits for the state before it asks again. */
const ASK_AGAIN_MS = 2000;

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
    if (gone.size > 0) this.rows = this.rows.filter((row) => !gone.has(row.id));
    for (const { after, row } of told.add || []) this.add(after, row);
    if (told.change?.length) {
      const places = new Map(this.rows.map((row, index) => [row.id, index]));
      for (const change of told.change) {
        const index = places.get(change.id);
        if (index === undefined) continue;
        this.rows[index] = changedRow(this.rows[index], change);
      }
    }
    if (told.status) this.status = { ...this.status, ...told.status };
    if (told.settings) this.settings = { ...this.settings, ...told.settings };
    if (told.mic) this.mic = told.mic;
    if (told.earlier !== undefined) this.earlier = told.earlier;
    return "applied";
  }

  /** @private @param {string} after @param {Row} row */
  add(after, row) {
    const known = this.rows.findIndex((each) => each.id === row.id);
    if (known >= 0) this.rows.splice(known, 1);
    const at = after === "" ? -1 : this.rows.findIndex((each) => each.id === after);
    // What it follows lies before all that is shown here.
    if (after !== "" && at < 0 && this.earlier > 0) return;
    this.rows.splice(at + 1, 0, row);
  }

  /** Rows from before those that are here. @param {Row[]} rows @param {number} earlier */
  before(rows, earlier) {
    const known = new Set(this.rows.map((row) => row.id));
    const fresh = rows.filter((row) => !known.has(row.id));
    this.rows = [...fresh, ...this.rows];
    this.earlier = earlier;
  }

  /** Text that was too long to be sent with its row. @param {string} item @param {string} text */
  whole(item, text) {
    this.rows = this.rows.map((row) => (row.item === item && row.cut ? { ...row, text, cut: 0 } : row));
  }

  /** Whether to ask for the state now: once, and again after some time. @param {number} nowMs */
  mayAsk(nowMs) {
    if (nowMs - this.askedMs < ASK_AGAIN_MS) return false;
    this.askedMs = nowMs;
    return true;
  }

  /** Something beside it has changed: a row that is drawn is another object. @param {(row: Row) => boolean} which */
  touch(which) {
    this.rows = this.rows.map((row) => (which(row) ? { ...row } : row));
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
export function argumentsText(text, limit = 400) {
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
