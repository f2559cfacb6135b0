// Runs in the audio thread, behind sound.mjs in one module.

/** Frames of 24 kHz sound from the microphone. */
class Capture extends AudioWorkletProcessor {
  constructor(options) {
    super();
    const { rateHz, frameSamples } = options.processorOptions;
    this.resampler = new Resampler(sampleRate, rateHz);
    this.framer = new Framer(frameSamples);
    this.over = false;
    this.port.onmessage = () => { this.over = true; };
  }

  process(inputs) {
    const channels = inputs[0];
    if (channels.length > 0) {
      const mono = Float32Array.from(channels[0]);
      for (let c = 1; c < channels.length; c++) for (let i = 0; i < mono.length; i++) mono[i] += channels[c][i];
      if (channels.length > 1) for (let i = 0; i < mono.length; i++) mono[i] /= channels.length;
      for (const frame of this.framer.push(this.resampler.push(mono))) {
        const data = int16OfFloat(frame).buffer;
        this.port.postMessage({ data, level: meterOf(frame) }, [data]);
      }
    }
    return !this.over;
  }
}

/** Plays what it is sent, and says about five times a second how much of it was played. */
class Playback extends AudioWorkletProcessor {
  constructor(options) {
    super();
    this.buffer = new JitterBuffer(sampleRate, options.processorOptions.aheadMs);
    this.every = Math.round(sampleRate / 5);
    this.since = 0;
    this.over = false;
    this.peak = 0;
    this.port.onmessage = ({ data }) => {
      if (data.type === "play") this.buffer.push(data.item, new Int16Array(data.samples), data.rate);
      else if (data.type === "end") this.buffer.end(data.item);
      else if (data.type === "flush") this.say(this.buffer.flush(), true);
      else if (data.type === "stop") this.over = true;
    };
  }

  process(inputs, outputs) {
    const out = outputs[0];
    const over = this.buffer.pull(out[0]);
    for (let c = 1; c < out.length; c++) out[c].set(out[0]);
    for (const sample of out[0]) this.peak = Math.max(this.peak, Math.abs(sample));
    this.since += out[0].length;
    if (over.length > 0) this.say(over, false);
    if (this.since >= this.every) this.say(this.buffer.counts(), false);
    return !this.over;
  }

  say(counts, flushed) {
    this.since = 0;
    this.port.postMessage({ counts, flushed, sounding: this.buffer.sounding, peak: this.peak, underruns: this.buffer.underruns });
    this.peak = 0;
  }
}

registerProcessor("rtnb-capture", Capture);
registerProcessor("rtnb-playback", Playback);
