// @ts-check
// What waits in the page for a kernel that is busy, and what the user is told. Pure, as sound.mjs.

/** Frames that the kernel has not confirmed may be on their way: about a second. */
const WINDOW = 16;

/** Frames on their way to the kernel, and those that wait here because too many already are. */
export class FrameQueue {
  /** @param {number} frameMs @param {number} limitMs how much may wait; then the oldest is dropped */
  constructor(frameMs, limitMs) {
    this.frameMs = frameMs;
    this.limit = Math.max(1, Math.floor(limitMs / frameMs));
    this.sent = -1;
    this.confirmed = -1;
    /** @type {ArrayBuffer[]} */
    this.waiting = [];
    this.dropped = 0;
  }

  /** @param {ArrayBuffer} data @returns {{seq: number, data: ArrayBuffer}[]} what is to be sent now */
  push(data) {
    this.waiting.push(data);
    while (this.waiting.length > this.limit) {
      this.waiting.shift();
      this.dropped++;
    }
    return this.release();
  }

  /** The kernel has taken everything up to this one. @param {number} seq */
  confirm(seq) {
    this.confirmed = Math.min(this.sent, Math.max(this.confirmed, seq));
    return this.release();
  }

  /** Milliseconds that wait here. */
  get waitingMs() {
    return this.waiting.length * this.frameMs;
  }

  /** @private */
  release() {
    const out = [];
    // Numbered as they leave: what was dropped here is no gap there.
    for (; this.waiting.length > 0 && this.sent - this.confirmed < WINDOW; this.sent++) {
      out.push({ seq: this.sent + 1, data: /** @type {ArrayBuffer} */ (this.waiting.shift()) });
    }
    return out;
  }
}

/**
 * Why there is no microphone here, or null where there may be one.
 * @param {{secure: boolean, protocol: string, capture: boolean, worklet: boolean}} page
 */
export function obstacle(page) {
  if (page.protocol === "vscode-webview:") {
    return "VS Code gives its notebooks no microphone. Open the notebook in JupyterLab in a browser, or use a file: " +
      's.ask(rtnb.Clip.load("question.wav")).';
  }
  if (!page.secure) {
    return "Browsers give a microphone only to https pages and to localhost. Open JupyterLab as " +
      "http://localhost:… (through an ssh tunnel if need be) or over https.";
  }
  if (!page.capture) return "This browser has no microphone to offer (no getUserMedia).";
  if (!page.worklet) return "This browser is too old for the microphone (no AudioWorklet).";
  return null;
}

/** What a refusal of the browser means. @param {string} name of the DOMException @param {string} message */
export function refusal(name, message) {
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return "The browser was told not to give this page the microphone. Allow it with the sign left of the " +
        "address, then press the button again.";
    case "NotFoundError":
    case "OverconstrainedError":
      return "No microphone was found. Plug one in, then press the button again.";
    case "NotReadableError":
    case "AbortError":
      return "The microphone cannot be opened; another program may be using it.";
    default:
      return `The microphone cannot be used: ${name}${message ? `: ${message}` : ""}`;
  }
}

/** From here on what waits is a pause: the kernel hears nothing. */
const PAUSE_MS = 1000;

/** What is said while the kernel takes nothing; empty while it does. @param {number} waitingMs */
export function pausedText(waitingMs) {
  if (waitingMs < PAUSE_MS) return "";
  return "Paused: a cell is running and this kernel hears nothing meanwhile. The last 10 s you say are kept; it goes " +
    "on by itself.";
}

/**
 * The sentence beside the button.
 * @param {{phase: string, problem: string, waitingMs: number, speaking: boolean, sounding: boolean, closed: string,
 *          elsewhere: boolean, half: boolean}} state
 */
export function sentence(state) {
  if (state.closed) return state.closed;
  if (state.problem) return state.problem;
  if (state.phase === "asking") return "Asking the browser for the microphone …";
  if (state.phase === "off") {
    return state.elsewhere ? "On in another window. Press to talk here." : "Off. Press the button and speak.";
  }
  const paused = pausedText(state.waitingMs);
  if (paused) return paused;
  if (state.speaking) return "You are speaking.";
  if (state.sounding) return state.half ? "The answer plays; the microphone is deaf meanwhile." : "The answer plays.";
  return "Listening.";
}
