function initialize() {}

function render({ el }) {
  el.append(make("div", "rtnb-live"));
}

export default { initialize, render };
