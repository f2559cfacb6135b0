// @ts-check
// The settings panel: what is in effect, what somebody has changed and not yet applied. Pure.

/**
 * @typedef {{name: string, label: string, kind: string, value: any, unit?: string, least?: number | null, most?: number | null,
 *   step?: number | null, digits?: number, optional?: boolean, choices?: {value: any, label: string, note?: string}[],
 *   default?: any, help?: string, free?: boolean, reconnects?: string, why?: string, hidden?: boolean}} Field
 */

const same = (/** @type {any} */ a, /** @type {any} */ b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/**
 * What was typed into a field as its value, or why it cannot be one.
 * @param {Field} field @param {any} raw text of an input, or a boolean, or a list
 * @returns {{value: any, problem: string}}
 */
export function readField(field, raw) {
  // What it is now is not told here: an empty box is no wish to empty it.
  if (field.hidden && String(raw ?? "").trim() === "") return { value: field.value, problem: "" };
  if (field.kind !== "number") {
    if (typeof raw === "string" && field.kind === "choice" && raw.trim() === "") {
      return field.optional ? { value: null, problem: "" } : { value: raw, problem: `${field.label}: choose one.` };
    }
    return { value: field.kind === "choice" && typeof raw === "string" ? raw.trim() : raw, problem: "" };
  }
  const text = String(raw ?? "").trim().replace(",", ".");
  if (text === "") {
    return field.optional ? { value: null, problem: "" } : { value: raw, problem: `${field.label}: a number is missing.` };
  }
  const value = Number(text);
  if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) || !Number.isFinite(value)) {
    return { value: raw, problem: `${field.label}: “${text}” is not a number.` };
  }
  const unit = field.unit ? ` ${field.unit}` : "";
  const [least, most] = [field.least ?? null, field.most ?? null];
  if ((least !== null && value < least) || (most !== null && value > most)) {
    const range = least !== null && most !== null ? `from ${least} to ${most}${unit}` : least !== null ? `at least ${least}${unit}` : `at most ${most}${unit}`;
    return { value: raw, problem: `${field.label}: ${value}${unit} is not allowed; ${range}.` };
  }
  if ((field.digits ?? 0) === 0 && !Number.isInteger(value)) return { value: raw, problem: `${field.label}: a whole number is needed.` };
  return { value, problem: "" };
}

/** A field's value as its input shows it. @param {Field} field @param {any} value */
export function shownValue(field, value) {
  if (field.hidden && same(value, field.value)) return "";
  if (value === null || value === undefined) return "";
  if (field.kind === "number" && typeof value === "number") return String(Number(value.toFixed(Math.max(field.digits ?? 0, 0))));
  return String(value);
}

/** What it is when nothing is said: for a placeholder. @param {Field} field */
export function defaultText(field) {
  if (field.default === null || field.default === undefined) return field.optional ? "off" : "";
  if (typeof field.default === "boolean") return field.default ? "on" : "off";
  return `${field.default}${field.unit ? ` ${field.unit}` : ""}`;
}

/** The form of one page over what the kernel says is in effect. Keys are paths: "voice", "server_vad.threshold", "tool.find". */
export class Form {
  constructor() {
    /** @type {Record<string, any>} */
    this.effect = { fields: [], turn_detection: { value: "none", kinds: [] }, tools: [] };
    /** @type {Map<string, any>} */
    this.edits = new Map();
    /** @type {Map<string, string>} */
    this.problems = new Map();
    /** Paths that another console, a cell or the server changed under an edit. @type {Set<string>} */
    this.elsewhere = new Set();
    /** What was sent and is not answered yet. @type {Map<string, any> | null} */
    this.sent = null;
  }

  /** @param {Record<string, any>} settings what is in effect now */
  take(settings) {
    const before = this.values();
    this.effect = { fields: [], tools: [], ...settings, turn_detection: { value: "none", kinds: [], ...(settings.turn_detection || {}) } };
    const now = this.values();
    for (const [path, value] of now) {
      if (!this.edits.has(path) || same(before.get(path), value)) continue;
      if (same(this.edits.get(path), value)) this.undo(path);
      else if (!this.sent?.has(path)) this.elsewhere.add(path);
    }
  }

  /** Everything in effect, by path. @returns {Map<string, any>} */
  values() {
    const out = new Map();
    for (const field of this.effect.fields) out.set(field.name, field.value);
    out.set("turn_detection", this.effect.turn_detection.value);
    for (const kind of this.effect.turn_detection.kinds) {
      for (const field of kind.fields || []) out.set(`${kind.value}.${field.name}`, field.value);
    }
    for (const tool of this.effect.tools) out.set(`tool.${tool.name}`, tool.on);
    return out;
  }

  /** @param {string} path what the form shows there */
  value(path) {
    return this.edits.has(path) ? this.edits.get(path) : this.values().get(path);
  }

  /** Somebody changed it. @param {string} path @param {Field | null} field @param {any} raw */
  edit(path, field, raw) {
    const { value, problem } = field ? readField(field, raw) : { value: raw, problem: "" };
    this.problems.delete(path);
    if (problem) {
      this.problems.set(path, problem);
      this.edits.set(path, raw);
    } else if (same(value, this.values().get(path))) {
      this.undo(path);
    } else {
      this.edits.set(path, value);
    }
  }

  /** @param {string} path */
  undo(path) {
    this.edits.delete(path);
    this.problems.delete(path);
    this.elsewhere.delete(path);
  }

  /** Back to what is in effect. */
  revert() {
    this.edits.clear();
    this.problems.clear();
    this.elsewhere.clear();
  }

  get kind() {
    return this.value("turn_detection");
  }

  /** Edits that count: those of another kind of turn detection wait until it is chosen. @returns {string[]} */
  get pending() {
    return [...this.edits.keys()].filter((path) => {
      const [head, ...rest] = path.split(".");
      return rest.length === 0 || head === "tool" || head === this.kind;
    });
  }

  /** Why it cannot be applied. @returns {string} */
  get problem() {
    const found = this.pending.find((path) => this.problems.has(path));
    return found === undefined ? "" : /** @type {string} */ (this.problems.get(found));
  }

  /** Whether what is pending needs a new connection; a sentence or "". @returns {string} */
  get reconnects() {
    const pending = new Set(this.pending);
    const found = this.effect.fields.find((/** @type {Field} */ field) => field.reconnects && pending.has(field.name));
    return found ? found.reconnects : "";
  }

  /** The arguments of an update: only what changed. @returns {Record<string, any> | null} */
  update() {
    if (this.problem || this.pending.length === 0) return null;
    /** @type {Record<string, any>} */
    const out = {};
    const { kind } = this;
    let turns = this.edits.has("turn_detection");
    for (const path of this.pending) {
      const value = this.edits.get(path);
      if (path === "turn_detection") continue;
      if (path.startsWith("tool.")) (out.tools ||= {})[path.slice(5)] = value;
      else if (path.startsWith(`${kind}.`)) turns = true;
      else (out.settings ||= {})[path] = value;
    }
    if (turns) {
      /** @type {Record<string, any>} */
      const detection = { type: kind };
      for (const path of this.pending) {
        if (path.startsWith(`${kind}.`)) detection[path.slice(kind.length + 1)] = this.edits.get(path);
      }
      out.turn_detection = detection;
    }
    this.sent = new Map(this.pending.map((path) => [path, this.edits.get(path)]));
    return out;
  }

  /** The kernel took it: what was not edited again meanwhile is settled. */
  applied() {
    for (const [path, value] of this.sent || []) if (same(this.edits.get(path), value)) this.undo(path);
    this.sent = null;
  }

  /** It refused; the edits stay. */
  refused() {
    this.sent = null;
  }
}
