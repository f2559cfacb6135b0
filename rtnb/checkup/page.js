// What the page can do, told to the kernel once; then a few round trips of sound-sized messages.

const PATIENCE_MS = 1500;

/** Whatever it gives within a while; null otherwise: a question that hangs must not hide the other answers. */
function within(promise) {
  return Promise.race([promise, new Promise((done) => setTimeout(() => done(null), PATIENCE_MS))]).catch(() => null);
}

/** The program that shows the notebook, by what it says of itself. Nothing else of its configuration is read. */
function hostName() {
  if (location.protocol === "vscode-webview:") return "VS Code";
  if (location.hostname.endsWith(".googleusercontent.com")) return "Colab";
  try {
    const { appName, appVersion } = JSON.parse(document.getElementById("jupyter-config-data").textContent);
    if (appName) return [appName, appVersion].filter(Boolean).join(" ");
  } catch { /* Not a page of Jupyter's. */ }
  return document.title.includes("Voil") ? "Voila" : "";
}

async function microphone() {
  const there = Boolean(navigator.mediaDevices && navigator.mediaDevices.getUserMedia);
  if (!there) return { capture: false, inputs: 0, permission: "" };
  const devices = await within(navigator.mediaDevices.enumerateDevices());
  const asked = navigator.permissions ? await within(navigator.permissions.query({ name: "microphone" })) : null;
  const inputs = devices ? devices.filter((device) => device.kind === "audioinput").length : null;
  return { capture: true, inputs, permission: asked ? asked.state : "" };
}

async function sound() {
  const Context = window.AudioContext || window.webkitAudioContext;
  if (!Context) return { context: false, worklet: false, rate_hz: 0 };
  const context = new Context();
  let worklet = false;
  if (context.audioWorklet) {
    const code = "registerProcessor('rtnb-doctor', class extends AudioWorkletProcessor { process() { return false; } });";
    const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
    worklet = (await within(context.audioWorklet.addModule(url).then(() => true))) === true;
    URL.revokeObjectURL(url);
  }
  const rate_hz = context.sampleRate;
  within(context.close());
  return { context: true, worklet, rate_hz };
}

export default {
  render({ model, el }) {
    el.style.display = "none";
    const page = Math.random().toString(36).slice(2);
    const echo = (content, buffers) => {
      if (content.type === "echo" && content.page === page) model.send({ type: "echo", page, round: content.round }, undefined, buffers);
    };
    model.on("msg:custom", echo);
    (async () => {
      const [mic, audio] = [await microphone(), await sound()];
      const local = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);
      const facts = { host: hostName(), protocol: location.protocol, local, secure: window.isSecureContext, ...mic, ...audio };
      model.send({ type: "here", page, facts });
    })();
    return () => model.off("msg:custom", echo);
  },
};
