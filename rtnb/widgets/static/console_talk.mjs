// @ts-check
// Push-to-talk: what is done in which order when somebody holds a button, and lets go at any moment. Pure.

const HOLD_LONGER = "Hold the button while you speak.";

/** One button, however often it is drawn. */
export class Talk {
  /**
   * @param {{ready: () => Promise<boolean>, tell: (args: Record<string, any>) => Promise<{text?: string}>,
   *          open: () => void, shut: () => number | Promise<number>,
   *          say: (kind: string, text: string) => void, changed: () => void}} line
   *   `ready` gives whether the microphone listens behind a shut gate
   */
  constructor(line) {
    this.line = line;
    /** @type {"idle" | "starting" | "holding" | "sending"} */
    this.state = "idle";
    this.wanted = false;
    this.cancelled = false;
  }

  /** @private @param {Talk["state"]} state */
  go(state) {
    this.state = state;
    this.line.changed();
  }

  async press() {
    if (this.state !== "idle") return;
    this.wanted = true;
    this.cancelled = false;
    this.go("starting");
    let ready = false;
    try {
      ready = await this.line.ready();
    } catch {
      // What is wrong with the microphone it says itself.
    }
    if (!ready || !this.wanted) {
      this.go("idle");
      if (ready && !this.cancelled) this.line.say("", `The microphone is ready. ${HOLD_LONGER}`);
      return;
    }
    // The kernel hears of it before the first sound does.
    const begun = this.line.tell({ down: true });
    this.line.open();
    this.go("holding");
    try {
      await begun;
    } catch (error) {
      this.refused(error);
    }
  }

  /** Let go; with `cancel` nothing is sent, and `why` is said. @param {{cancel?: boolean, why?: string}} how */
  async release({ cancel = false, why = "" } = {}) {
    this.wanted = false;
    this.cancelled = cancel;
    if (this.state !== "holding") return;
    this.go("sending");
    try {
      const last = await this.line.shut();
      const done = await this.line.tell(cancel ? { down: false, last, cancel } : { down: false, last });
      this.line.say("", `${why} ${done?.text || (cancel ? "Not sent." : "")}`.trim());
    } catch (error) {
      this.line.say("problem", error instanceof Error ? error.message : String(error));
    }
    this.go("idle");
  }

  /** @private @param {unknown} error */
  async refused(error) {
    if (this.state !== "holding") return;
    this.wanted = false;
    this.go("sending");
    await Promise.resolve(this.line.shut()).catch(() => -1);
    this.line.say("problem", error instanceof Error ? error.message : String(error));
    this.go("idle");
  }

  /** The microphone went away, or the kernel: nothing is sent, and the kernel is told to hold no longer. */
  drop(why = "") {
    return this.release({ cancel: true, why });
  }

  /** Whether the kernel is to take what comes as a hold. */
  get held() {
    return this.state === "holding" || this.state === "sending";
  }
}
