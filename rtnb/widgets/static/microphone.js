// The microphone's view in a cell. Joined behind live.js and mic_engine.js.

/** A microphone that ends with the kernel that hears it. */
class SessionMic extends MicEngine {
  constructor(model) {
    let self = null;
    const wire = new Wire(model, { hear: () => {}, redraw: () => self?.changed() });
    // Heard past the wire: who has the microphone now is told with the page that has it.
    super({ ...channelOf(model), send: (content, buffers) => wire.send(content, buffers) });
    this.page = wire.page;
    this.wire = wire;
    self = this;
  }

  changed() {
    if (this.wire.closed) this.stop("closed");
    this.draw();
  }

  get text() {
    const { closed, gone, late } = this.wire;
    // Where its picture cannot follow any more, what it did is said here.
    return closed && late && !gone ? `${this.settings.closed} ${closed}` : closed || super.text;
  }

  async start() {
    if (!this.wire.closed) await super.start();
  }

  dispose() {
    super.dispose();
    this.wire.dispose();
  }
}

const engines = new Map();

/** One of a view of the kernel: what hosts give as its model is another object each time, its mark is not. */
function engineOf(model) {
  const key = model.get("settings")?.still || model;
  if (!engines.has(key)) engines.set(key, new SessionMic(model));
  return engines.get(key);
}

function initialize({ model }) {
  const engine = engineOf(model);
  return () => {
    engine.dispose();
    for (const [key, each] of engines) if (each === engine) engines.delete(key);
  };
}

function render({ model, el }) {
  const engine = engineOf(model);
  const label = make("span", "rtnb-mic-label");
  const press = button("", () => (engine.phase === "off" ? engine.start() : engine.stop("button")), {}, "rtnb-mic-button");
  press.append(make("span", "rtnb-mic-lamp", { "aria-hidden": "true" }), label);
  const bar = make("div", "rtnb-mic-bar");
  const meter = make("div", "rtnb-mic-meter", {
    role: "meter", "aria-label": "Input level", "aria-valuemin": "0", "aria-valuemax": "100",
  }, bar);
  const text = make("span", "rtnb-mic-text", { role: "status", "aria-live": "polite" });
  const select = make("select", "rtnb-mic-device", { "aria-label": "Which microphone" });
  select.addEventListener("change", () => engine.choose(select.value));
  const box = make("div", "rtnb-live rtnb-mic", { role: "group", "aria-label": "Microphone" }, press, meter, text, select);
  el.append(box);
  let listed = "";
  const draw = () => {
    const closed = Boolean(engine.wire.closed);
    const on = engine.phase !== "off";
    box.dataset.state = closed ? "closed" : engine.problem ? "problem" : engine.paused ? "paused" : engine.speaking ? "speaking" :
      engine.sounding ? "answering" : engine.phase;
    press.disabled = closed;
    press.setAttribute("aria-pressed", String(on));
    put(label, on ? "Stop" : "Speak");
    const percent = Math.round(engine.level * 100);
    bar.style.width = `${percent}%`;
    meter.setAttribute("aria-valuenow", String(percent));
    put(text, engine.text);
    const names = JSON.stringify(engine.devices.map((each) => [each.deviceId, each.label]));
    if (names !== listed) {
      listed = names;
      select.replaceChildren(...engine.devices.map((each, index) => make("option", "", { value: each.deviceId }, each.label || `Microphone ${index + 1}`)));
    }
    select.hidden = engine.devices.length < 2 || closed;
    if (engine.device) select.value = engine.device;
    hideStill(engine.settings.still, engine.views.size > 0 && !engine.wire.gone);
  };
  engine.views.add(draw);
  draw();
  return () => {
    engine.views.delete(draw);
    if (engine.views.size > 0) return;
    // The output was cleared: nobody could switch it off any more.
    engine.stop("hidden");
    hideStill(engine.settings.still, false);
  };
}

export default { initialize, render };
