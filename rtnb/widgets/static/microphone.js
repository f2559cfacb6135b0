// The microphone's view in a cell. Joined behind mic_engine.js.

function element(kind, className, attributes = {}) {
  const made = document.createElement(kind);
  made.className = className;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

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

const engines = new WeakMap();

function initialize({ model }) {
  const engine = new MicEngine(channelOf(model));
  engines.set(model, engine);
  return () => {
    engine.dispose();
    engines.delete(model);
  };
}

function render({ model, el }) {
  const engine = engines.get(model) || new MicEngine(channelOf(model));
  engines.set(model, engine);
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
    box.dataset.state = closed ? "closed" : engine.problem ? "problem" : engine.speaking ? "speaking" :
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
