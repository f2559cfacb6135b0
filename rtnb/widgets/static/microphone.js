// The microphone's view in a cell. Joined behind mic_engine.js.

function element(kind, className, attributes = {}) {
  const made = document.createElement(kind);
  made.className = className;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

const engines = new Map();

/** One of a view of the kernel: what hosts give as its model is another object each time, its id is not. */
function engineOf(model) {
  const key = model.get("settings")?.id || model;
  if (!engines.has(key)) engines.set(key, new MicEngine(channelOf(model)));
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
  const box = element("div", "rtnb-mic", { role: "group", "aria-label": "Microphone" });
  const button = element("button", "rtnb-mic-button", { type: "button" });
  const lamp = element("span", "rtnb-mic-lamp", { "aria-hidden": "true" });
  const label = element("span", "rtnb-mic-label");
  button.append(lamp, label);
  const meter = element("div", "rtnb-mic-meter", {
    role: "meter", "aria-label": "Input level", "aria-valuemin": "0", "aria-valuemax": "100",
  });
  const bar = element("div", "rtnb-mic-bar");
  meter.append(bar);
  const text = element("span", "rtnb-mic-text", { role: "status", "aria-live": "polite" });
  const select = element("select", "rtnb-mic-device", { "aria-label": "Which microphone" });
  box.append(button, meter, text, select);
  el.append(box);
  button.onclick = () => (engine.phase === "off" ? engine.start() : engine.stop("button"));
  select.onchange = () => engine.choose(select.value);
  let listed = "";
  const draw = () => {
    const closed = Boolean(engine.settings.closed);
    const on = engine.phase !== "off";
    box.dataset.state = closed ? "closed" : engine.problem ? "problem" : engine.paused ? "paused" : engine.speaking ? "speaking" :
      engine.sounding ? "answering" : engine.phase;
    button.disabled = closed;
    button.setAttribute("aria-pressed", String(on));
    label.textContent = on ? "Stop" : "Speak";
    const percent = Math.round(engine.level * 100);
    bar.style.width = `${percent}%`;
    meter.setAttribute("aria-valuenow", String(percent));
    // Set only when it changes: screen readers read it out each time.
    if (text.textContent !== engine.text) text.textContent = engine.text;
    const names = JSON.stringify(engine.devices.map((each) => [each.deviceId, each.label]));
    if (names !== listed) {
      listed = names;
      select.replaceChildren(...engine.devices.map((each, index) => {
        const option = element("option", "", { value: each.deviceId });
        option.textContent = each.label || `Microphone ${index + 1}`;
        return option;
      }));
    }
    select.hidden = engine.devices.length < 2 || closed;
    if (engine.device) select.value = engine.device;
  };
  engine.views.add(draw);
  draw();
  return () => {
    engine.views.delete(draw);
    // The output was cleared: nobody could switch it off any more.
    if (engine.views.size === 0) engine.stop("hidden");
  };
}

export default { initialize, render };
