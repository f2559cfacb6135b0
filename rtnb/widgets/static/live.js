// What all live views share: the line to the kernel, elements, colours. Joined before a view's own modules.

const LOST_MS = 4000;

/** So long nothing may come back before the page asks whether the kernel still knows this view. */
const DOUBT_MS = 3000;

/** An answer is there before the kernel says that it has worked through a question; hosts may turn them round. */
const GRACE_MS = 1000;

/** So long a question without any word on it counts as on its way, behind whatever the kernel works at. */
const UNHEARD_MS = 60000;
const GONE_TEXT = "The kernel of this view is gone: what it knew is shown. Run the cell again for a live view.";

/** After a reload the stored picture is of an earlier moment: JupyterLab knows outputs only in the page that made them. */
const LATE_TEXT_OF_PICTURE = "The picture stored in this notebook is from before the page was reloaded. Run the cell again to keep one of how things stand.";

/** Clocks of kernel and page may differ by so much. */
const SAME_S = 2;

/** A theme's colours come some time after its name. */
const THEME_MS = [60, 300, 1000];

/**
 * The line between one model and the kernel, whatever views show it.
 *
 * `hear(content, buffers)` gets each message that is for this page; `redraw()` is called when `gone` or the settings
 * change. A kernel that says it has worked through a ping, and has not answered it, knows nothing of this view any more:
 * one that is only busy says neither. After the comm was closed, silence alone is enough. Whatever comes later brings
 * the view back.
 */
class Wire {
  constructor(model, { hear, redraw }) {
    this.model = model;
    this.page = Math.random().toString(36).slice(2);
    this.gone = false;
    /** How often something came, or was given up. */
    this.proofs = 0;
    this.received = (content, buffers) => {
      clearTimeout(this.losing);
      this.sure();
      const back = this.gone;
      this.gone = false;
      if (content.type !== "pong" && (content.page === undefined || content.page === this.page)) hear(content, buffers || []);
      if (back) redraw();
    };
    this.changed = () => redraw();
    this.unsure = () => {
      clearTimeout(this.losing);
      clearTimeout(this.asked);
      this.asked = undefined;
      this.losing = setTimeout(() => this.lose(), LOST_MS);
      if (!this.send({ type: "ping" })) this.lose();
    };
    this.redraw = redraw;
    model.on("msg:custom", this.received);
    model.on("change:settings", this.changed);
    // The comm was closed or opened anew: a kernel that is restarted knows nothing of this view.
    model.on("comm_live_update", this.unsure);
  }

  get settings() {
    return this.model.get("settings") || {};
  }

  /** Why nothing can be asked; empty while the view lives. */
  get closed() {
    if (this.gone) return GONE_TEXT;
    return this.settings.closed ? (this.late ? LATE_TEXT_OF_PICTURE : this.settings.closed) : "";
  }

  /** Whether this page was loaded after the view was last shown: then its stored picture no longer follows. */
  get late() {
    const shown = this.settings.shown;
    return typeof shown === "number" && performance.timeOrigin / 1000 > shown + SAME_S;
  }

  /** Whether it could be sent. A page gives its id with each message. */
  send(content, buffers) {
    try {
      this.model.send({ ...content, page: this.page }, undefined, buffers);
      // A view says goodbye when it is gone from the page; whether that arrives is nobody's worry.
      if (!this.disposed) this.doubting ??= setTimeout(() => this.probe(), DOUBT_MS);
      return true;
    } catch {
      this.lose();
      return false;
    }
  }

  /** Something came: the line is there. */
  sure() {
    clearTimeout(this.doubting);
    clearTimeout(this.asked);
    this.doubting = this.asked = undefined;
    this.proofs += 1;
  }

  /** Asks whether this view is known, in a way that a busy kernel does not fail. */
  probe() {
    this.doubting = undefined;
    // One at a time: a kernel that works for an hour would find hundreds of them.
    if (this.gone || this.asked || this.disposed) return;
    // A ping may be lost with the line that it went over: later messages doubt again.
    this.asked = setTimeout(() => { this.asked = undefined; }, UNHEARD_MS);
    const before = this.proofs;
    const status = (message) => {
      if (message.content.execution_state !== "idle") return;
      setTimeout(() => { if (this.proofs === before) this.lose(); }, GRACE_MS);
    };
    try {
      this.model.send({ type: "ping", page: this.page }, { iopub: { status } }, undefined);
    } catch {
      this.lose();
    }
  }

  lose() {
    clearTimeout(this.losing);
    this.sure();
    if (this.gone) return;
    this.gone = true;
    this.redraw();
  }

  dispose() {
    this.disposed = true;
    clearTimeout(this.losing);
    this.sure();
    this.model.off("msg:custom", this.received);
    this.model.off("change:settings", this.changed);
    this.model.off("comm_live_update", this.unsure);
  }
}

/** The picture beside the view is hidden while the view lives, and only then. */
function hideStill(mark, live) {
  if (!mark) return;
  const known = document.getElementById(mark);
  if (!live) known?.remove();
  else if (!known) {
    const rule = `.${mark}, .jp-OutputArea-child:has(.${mark}) { display: none !important; }`;
    document.head.append(make("style", "", { id: mark }, rule));
  }
}

function make(kind, className = "", attributes = {}, ...children) {
  const made = document.createElement(kind);
  if (className) made.className = className;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function button(text, press, attributes = {}, className = "") {
  const made = make("button", className, { type: "button", ...attributes }, text);
  made.addEventListener("click", press);
  return made;
}

/** Set only where it changes: screen readers and carets notice. */
function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A buffer of its own: views of messages need not be aligned. */
function copied(view) {
  if (view === undefined) return new ArrayBuffer(0);
  return view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
}

/** The colours of an element under .rtnb-live, for canvases. */
function inksOf(element) {
  const style = getComputedStyle(element);
  const ink = (name) => style.getPropertyValue(name).trim();
  return {
    user: ink("--user"), asst: ink("--asst"), vad: ink("--vad"), mark: ink("--mark"), tool: ink("--tool"), err: ink("--err"),
    fg: ink("--fg"), muted: ink("--muted"), line: ink("--line"), field: ink("--field"), bg: ink("--bg"), soft: ink("--soft"),
    stored: ink("--stored"), font: style.fontFamily,
  };
}

/** Calls `redraw` whenever the theme may have changed; gives what ends that. */
function watchTheme(redraw) {
  const timers = new Set();
  const later = () => THEME_MS.forEach((ms) => {
    const timer = setTimeout(() => { timers.delete(timer); redraw(); }, ms);
    timers.add(timer);
  });
  const watcher = new MutationObserver(later);
  watcher.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-jp-theme-name", "class"] });
  return () => {
    watcher.disconnect();
    timers.forEach(clearTimeout);
  };
}

/** Sizes a canvas for the screen's pixels; gives its context, scaled to CSS pixels. */
function fitted(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const draw = canvas.getContext("2d");
  draw.setTransform(ratio, 0, 0, ratio, 0, 0);
  return draw;
}

/** Keys with Ctrl that edit text. */
const EDITING = /^(a|b|c|i|u|v|x|y|z|enter|backspace|delete|home|end|arrow\w+)$/i;

/** Whether a key means something where it was pressed; all else is the notebook's: saving, running, leaving the cell. */
function isOurKey(event) {
  const typing = event.target.matches?.("textarea, input:not([type=checkbox], [type=radio], [type=range], [type=file])");
  const inForm = Boolean(event.target.closest?.("form"));
  if (event.ctrlKey || event.metaKey) return (typing && EDITING.test(event.key)) || (inForm && event.key === "Enter");
  if (event.key === "Escape") return typing || inForm;
  return typing || !event.altKey;
}

/** JupyterLab takes keys on their way up to the document, older ones on their way down; gives what ends it. */
function ownKeys(root, mine = isOurKey) {
  const before = (event) => {
    if (!root.contains(event.target)) return;
    if (mine(event)) root.setAttribute("data-lm-suppress-shortcuts", "true");
    else root.removeAttribute("data-lm-suppress-shortcuts");
  };
  window.addEventListener("keydown", before, true);
  for (const kind of ["keydown", "keyup"]) root.addEventListener(kind, (event) => { if (mine(event)) event.stopPropagation(); });
  return () => window.removeEventListener("keydown", before, true);
}

const CALM = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;
