import { readFileSync } from "node:fs";

// Pages get these modules joined: what one of them has, the others use without an import.
const read = (name) => readFileSync(new URL(`../../rtnb/widgets/static/${name}`, import.meta.url), "utf8");
const joined = (...names) => names.map(read).join("\n").replace(/^export (?=class |function |const )/gm, "");
const PURE = ["vad_view.mjs", "timeline_words.mjs", "timeline_view.mjs", "timeline_place.mjs"];
const names = (text) => [...text.matchAll(/^(?:function|class|const) (\w+)/gm)].map((found) => found[1]);

export const all = (...more) => {
  const text = joined(...PURE, ...more);
  return new Function(`${text}\nreturn { ${names(text).join(", ")} };`)();
};
