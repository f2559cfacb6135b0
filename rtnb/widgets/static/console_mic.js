// The console's microphone: behind a gate for push-to-talk, mute, and a loudspeaker that needs no microphone. Joined
// behind mic_engine.js.

const GATE_MS = 250;
const SPEAKER_BEAT_MS = 1000;
const STATES = new Set(["on", "beat", "capture"]);

class ConsoleMic extends MicEngine {
  /** Frames leave the page only while the gate is open. */
  gate = "shut";
  /** What was last wanted of it: another microphone goes on as that. */
  wanted = "shut";
  choosing = false;

  /** Whether it is muted is said again and again: a kernel that was busy may have taken the page for gone. */
  tell(content, buffers) {
    super.tell(STATES.has(content.type) ? { ...content, muted: Boolean(this.muted) } : content, buffers);
  }

  /** With the microphone, or only to play answers; a loudspeaker gets its microphone later. */
  async start({ capture = true } = {}) {
    if (!capture) return this.startSpeaker();
    if (this.preparing) await this.preparing;
    if (this.phase === "on" && !this.capture) return this.startCapture();
    await super.start();
    this.beats();
  }

  /** Told once a second that it lives, also while no frame is sent. */
  beats() {
    clearInterval(this.beating);
    if (this.phase === "on") this.beating = setInterval(() => this.tell({ type: "beat", sent: this.queue.sent }), SPEAKER_BEAT_MS);
  }

  startSpeaker() {
    if (this.phase !== "off" || this.preparing || this.settings.closed || !this.settings.play) return this.preparing;
    if (typeof AudioWorkletNode === "undefined") return undefined;
    this.preparing = this.prepare().catch(() => {}).finally(() => { this.preparing = null; });
    return this.preparing;
  }

  async prepare() {
    const context = new AudioContext({ sampleRate: RATE_HZ, latencyHint: "interactive" });
    const url = URL.createObjectURL(new Blob([WORKLET], { type: "text/javascript" }));
    try {
      await context.audioWorklet.addModule(url);
      await context.resume();
    } finally {
      URL.revokeObjectURL(url);
    }
    if (this.phase !== "off" || this.settings.closed) return context.close();
    this.goodbye?.();
    this.context = context;
    this.queue = new FrameQueue(FRAME_MS, WAIT_LIMIT_MS);
    this.count = 0;
    this.playback = new AudioWorkletNode(context, "rtnb-playback", {
      numberOfInputs: 0, outputChannelCount: [1], processorOptions: { aheadMs: AHEAD_MS },
    });
    this.playback.port.onmessage = ({ data }) => this.played(data);
    this.playback.connect(context.destination);
    this.phase = "on";
    this.tell({ type: "on", capture: false, frame_ms: FRAME_MS, device: "", context_hz: context.sampleRate, echo_cancellation: null });
    this.beats();
    this.draw();
  }

  /** A microphone for what plays already; where there is none it goes on playing. */
  async startCapture() {
    if (this.asking) return this.asking;
    this.asking = this.addCapture().finally(() => {
      this.asking = null;
      this.draw();
    });
    this.draw();
    return this.asking;
  }

  async addCapture() {
    const { context } = this;
    const refused = (text) => {
      this.problem = text;
      this.tell({ type: "problem", text });
    };
    this.problem = obstacle({
      secure: window.isSecureContext, protocol: location.protocol,
      capture: Boolean(navigator.mediaDevices && navigator.mediaDevices.getUserMedia), worklet: true,
    }) || "";
    if (this.problem) return refused(this.problem);
    let stream;
    try {
      const audio = {
        channelCount: 1, echoCancellation: this.settings.echo_cancellation !== false,
        noiseSuppression: this.settings.noise_suppression !== false, autoGainControl: this.settings.auto_gain !== false,
      };
      if (this.device) audio.deviceId = { exact: this.device };
      stream = await navigator.mediaDevices.getUserMedia({ audio, video: false });
    } catch (error) {
      return refused(refusal(error.name || "Error", error.message || String(error)));
    }
    if (this.phase !== "on" || this.context !== context) return stream.getTracks().forEach((track) => track.stop());
    let source;
    try {
      source = context.createMediaStreamSource(stream);
    } catch {
      // A browser that does not resample the microphone to the rate of what plays: both anew, at its own rate.
      stream.getTracks().forEach((track) => track.stop());
      this.stop("device");
      await super.start();
      return this.beats();
    }
    this.stream = stream;
    this.source = source;
    this.capture = new AudioWorkletNode(context, "rtnb-capture", {
      numberOfInputs: 1, outputChannelCount: [1],
      processorOptions: { rateHz: RATE_HZ, frameSamples: (RATE_HZ * FRAME_MS) / 1000 },
    });
    this.capture.port.onmessage = ({ data }) => this.captured(data);
    source.connect(this.capture);
    this.capture.connect(context.destination);
    const track = stream.getAudioTracks()[0];
    track.onended = () => this.fail("The microphone was taken away. Press the button to go on.");
    this.tell({ type: "capture", capture: true, device: track.label });
    const found = await navigator.mediaDevices.enumerateDevices().catch(() => []);
    this.devices = found.filter((each) => each.kind === "audioinput" && each.deviceId);
    this.device = (track.getSettings ? track.getSettings().deviceId : "") || this.device;
  }

  /** The browser's lamp off; what plays goes on. */
  stopCapture() {
    this.gate = "shut";
    if (!this.capture) return;
    if (!this.playback) return this.stop("button");
    this.stream?.getTracks().forEach((track) => { track.onended = null; track.stop(); });
    this.source?.disconnect();
    this.capture.port.postMessage("stop");
    this.capture.disconnect();
    this.stream = this.source = this.capture = null;
    this.level = 0;
    this.speaking = false;
    this.tell({ type: "capture", capture: false, device: "" });
    this.draw();
  }

  openGate() {
    this.gate = this.wanted = "open";
    this.draw();
  }

  /** Shut behind the frame that is being made; its number, or -1 where none was ever made. */
  shutGate() {
    this.wanted = "shut";
    if (this.gate !== "open" || !this.capture) {
      this.gate = "shut";
      return Promise.resolve(this.lastFrame);
    }
    this.gate = "closing";
    return new Promise((resolve) => {
      const late = setTimeout(() => this.closed(), GATE_MS);
      this.closed = () => {
        clearTimeout(late);
        if (this.gate === "closing") this.gate = "shut";
        this.draw();
        resolve(this.lastFrame);
      };
    });
  }

  /** The number that the last frame has, or will have as it leaves. */
  get lastFrame() {
    return this.queue.sent + this.queue.waiting.length;
  }

  mute(on) {
    this.muted = on;
    this.draw();
  }

  captured(frame) {
    if (this.gate !== "shut") {
      super.captured(frame);
      if (this.gate === "closing") this.closed();
      return;
    }
    if (this.phase !== "on") return;
    this.level = this.muted ? 0 : frame.level;
    this.draw();
  }

  async choose(device) {
    this.device = device;
    if (!this.capture) return;
    this.choosing = true;
    try {
      this.stopCapture();
      await this.start();
      if (this.capture) this.gate = this.wanted;
    } finally {
      this.choosing = false;
      this.draw();
    }
  }

  release() {
    clearInterval(this.beating);
    this.gate = "shut";
    super.release();
  }
}
