// The microphone and the loudspeaker of a page. Joined behind sound.mjs and frames.mjs; WORKLET is the audio thread's
// module as text. One engine for each model, however often it is shown; views only draw it. It speaks through a channel:
// `send(content, buffers)`, `listen(hear)` and `settings()`; both ends tell messages of several pages apart by `page`.

const RATE_HZ = 24000;
const FRAME_MS = 60;
const AHEAD_MS = 250;
const WAIT_LIMIT_MS = 10000;
const BEAT_FRAMES = 16;
const LAST_COUNT_MS = 200;
const GIVE_UP_MS = 110000;

/** A model of its own as a channel. */
function channelOf(model) {
  return {
    settings: () => model.get("settings") || {},
    send: (content, buffers) => model.send(content, undefined, buffers),
    listen: ({ hear, changed }) => {
      model.on("msg:custom", hear);
      model.on("change:settings", changed);
      return () => {
        model.off("msg:custom", hear);
        model.off("change:settings", changed);
      };
    },
  };
}

class MicEngine {
  constructor(channel) {
    this.channel = channel;
    this.page = Math.random().toString(36).slice(2);
    this.phase = "off";
    this.problem = "";
    this.speaking = false;
    this.sounding = false;
    this.elsewhere = false;
    this.level = 0;
    this.peak = 0;
    this.devices = [];
    this.device = "";
    this.views = new Set();
    this.queue = this.newQueue();
    this.muted = false;
    this.deaf = channel.listen({
      hear: (content, buffers) => this.hear(content, buffers || []),
      changed: () => {
        if (this.settings.closed) this.stop("closed");
        this.draw();
      },
    });
    this.leave = () => this.stop("left");
    window.addEventListener("pagehide", this.leave);
    this.tell({ type: "hello" });
  }

  get settings() {
    return this.channel.settings();
  }

  /** What waits for a kernel that is busy; a view may let more wait. */
  newQueue() {
    return new FrameQueue(FRAME_MS, this.settings.wait_ms || WAIT_LIMIT_MS);
  }

  /** Whether the kernel takes nothing for the moment. */
  get paused() {
    return this.phase === "on" && pausedText(this.queue.waitingMs) !== "";
  }

  get text() {
    return sentence({
      phase: this.phase, problem: this.problem, waitingMs: this.queue.waitingMs, speaking: this.speaking,
      sounding: this.sounding, closed: this.settings.closed || "", elsewhere: this.elsewhere,
      half: Boolean(this.settings.half_duplex),
    });
  }

  draw() {
    for (const view of this.views) view();
  }

  tell(content, buffers) {
    try {
      this.channel.send({ ...content, page: this.page }, buffers);
    } catch {
      // The kernel is gone; the frames wait, and the sentence says so.
    }
  }

  fail(text) {
    this.problem = text;
    this.stop("problem");
    this.tell({ type: "problem", text });
    this.draw();
  }

  async start() {
    if (this.phase !== "off" || this.settings.closed) return;
    if (this.goodbye) this.goodbye();
    this.problem = obstacle({
      secure: window.isSecureContext, protocol: location.protocol,
      capture: Boolean(navigator.mediaDevices && navigator.mediaDevices.getUserMedia),
      worklet: typeof AudioWorkletNode !== "undefined",
    }) || "";
    if (this.problem) {
      this.tell({ type: "problem", text: this.problem });
      this.draw();
      return;
    }
    this.phase = "asking";
    this.draw();
    if (this.pending) {
      // Stopped and started again while the browser still asks.
      this.attempt = this.pending;
      return;
    }
    const attempt = (this.attempt = this.pending = {});
    try {
      const asked = {
        channelCount: 1, echoCancellation: this.settings.echo_cancellation !== false,
        noiseSuppression: this.settings.noise_suppression !== false, autoGainControl: this.settings.auto_gain !== false,
      };
      if (this.device) asked.deviceId = { exact: this.device };
      this.stream = await navigator.mediaDevices.getUserMedia({ audio: asked, video: false });
      await this.listen();
      if (this.attempt !== attempt || this.phase !== "asking") return this.release();
    } catch (error) {
      if (this.attempt === attempt) this.fail(refusal(error.name || "Error", error.message || String(error)));
      else this.release();
      return;
    } finally {
      this.pending = null;
    }
    this.phase = "on";
    const track = this.stream.getAudioTracks()[0];
    track.onended = () => this.fail("The microphone was taken away. Press the button to go on.");
    const got = track.getSettings ? track.getSettings() : {};
    this.tell({
      type: "on", frame_ms: FRAME_MS, device: track.label, context_hz: this.context.sampleRate,
      echo_cancellation: got.echoCancellation ?? null,
    });
    this.draw();
    const found = await navigator.mediaDevices.enumerateDevices().catch(() => []);
    this.devices = found.filter((each) => each.kind === "audioinput" && each.deviceId);
    this.device = got.deviceId || this.device;
    this.draw();
  }

  async listen() {
    // At the API's own rate, where the browser lets us; else the worklets resample.
    try {
      this.context = new AudioContext({ sampleRate: RATE_HZ, latencyHint: "interactive" });
      this.source = this.context.createMediaStreamSource(this.stream);
    } catch {
      if (this.context) this.context.close().catch(() => {});
      this.context = new AudioContext({ latencyHint: "interactive" });
      this.source = this.context.createMediaStreamSource(this.stream);
    }
    const context = this.context;
    const url = URL.createObjectURL(new Blob([WORKLET], { type: "text/javascript" }));
    try {
      await context.audioWorklet.addModule(url);
    } finally {
      URL.revokeObjectURL(url);
    }
    if (context.state === "closed") return;
    await context.resume();
    this.queue = this.newQueue();
    this.count = 0;
    this.capture = new AudioWorkletNode(context, "rtnb-capture", {
      numberOfInputs: 1, outputChannelCount: [1],
      processorOptions: { rateHz: RATE_HZ, frameSamples: (RATE_HZ * FRAME_MS) / 1000 },
    });
    this.capture.port.onmessage = ({ data }) => this.captured(data);
    this.source.connect(this.capture);
    // Its output is silence: what is not connected is not run.
    this.capture.connect(context.destination);
    if (this.settings.play) {
      this.playback = new AudioWorkletNode(context, "rtnb-playback", {
        numberOfInputs: 0, outputChannelCount: [1], processorOptions: { aheadMs: AHEAD_MS },
      });
      this.playback.port.onmessage = ({ data }) => this.played(data);
      this.playback.connect(context.destination);
    }
  }

  captured({ data, level }) {
    if (this.phase !== "on") return;
    this.level = this.muted ? 0 : level;
    if (this.muted) new Int16Array(data).fill(0);
    this.send(this.queue.push(data));
    if (this.queue.dropped * FRAME_MS > GIVE_UP_MS) {
      this.fail("The kernel has taken no sound for two minutes, and the microphone is off. Is it still running?");
      return;
    }
    if (++this.count % BEAT_FRAMES === 0) this.tell({ type: "beat", sent: this.queue.sent });
    this.draw();
  }

  send(frames) {
    for (const { seq, data } of frames) {
      this.tell({ type: "frame", seq, dropped: this.queue.dropped, waiting_ms: this.queue.waitingMs }, [data]);
    }
  }

  played({ counts, flushed, sounding, peak, underruns }) {
    this.sounding = sounding;
    this.peak = peak;
    if (counts.length > 0 || flushed) this.tell({ type: "played", counts, flushed, sounding, peak, underruns });
    if (flushed && this.goodbye) this.goodbye();
  }

  hear(content, buffers) {
    if (content.type === "taken") {
      // Another window has the microphone now.
      this.elsewhere = content.page !== "" && content.page !== this.page;
      if (this.elsewhere && this.phase !== "off") this.stop("taken");
      this.draw();
      return;
    }
    if (content.page !== this.page) return;
    const port = this.playback ? this.playback.port : null;
    switch (content.type) {
      case "ack":
        if (this.phase === "on") this.send(this.queue.confirm(content.seq));
        break;
      case "play": {
        if (port === null || buffers.length === 0) break;
        const view = buffers[0];
        const samples = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
        port.postMessage({ type: "play", item: content.item, rate: content.rate, samples }, [samples]);
        break;
      }
      case "end":
      case "flush":
        if (port !== null) port.postMessage(content);
        break;
      case "speaking":
        this.speaking = content.speaking;
        this.draw();
        break;
      case "stop":
        this.stop("told");
        break;
    }
  }

  stop(reason) {
    if (this.phase === "off") return;
    this.phase = "off";
    this.attempt = null;
    const dropped = this.queue.dropped;
    this.goodbye = () => {
      this.goodbye = null;
      this.tell({ type: "off", reason, dropped });
    };
    if (this.playback && reason !== "left") {
      // The last count comes first, unless the audio thread is gone.
      const goodbye = this.goodbye;
      this.playback.port.postMessage({ type: "flush" });
      setTimeout(() => { if (this.goodbye === goodbye) goodbye(); }, LAST_COUNT_MS);
    } else {
      this.goodbye();
    }
    this.release();
    this.draw();
  }

  release() {
    this.level = 0;
    this.speaking = this.sounding = false;
    if (this.stream) for (const track of this.stream.getTracks()) { track.onended = null; track.stop(); }
    if (this.source) this.source.disconnect();
    if (this.capture) this.capture.port.postMessage("stop");
    const context = this.context;
    if (context) {
      if (this.playback) this.playback.disconnect();
      // The last count is still to come from the audio thread.
      setTimeout(() => context.close().catch(() => {}), 300);
    }
    this.stream = this.source = this.capture = this.playback = this.context = null;
    this.queue = this.newQueue();
  }

  async choose(device) {
    this.device = device;
    if (this.phase === "on") {
      this.stop("device");
      await this.start();
    }
  }

  dispose() {
    this.stop("gone");
    window.removeEventListener("pagehide", this.leave);
    this.deaf();
    this.views.clear();
  }
}
