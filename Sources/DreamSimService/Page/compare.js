// A reference and some images: their distances by several metrics, as bars with what they mean.

import { post } from "./api.js";
import { byId, make, number, picture, say, sentence } from "./dom.js";
import { HeatmapViewer } from "./heatmap.js";
import { Slot } from "./slots.js";

let reference, others, metrics = [], viewer;

export async function start() {
  const changed = () => { byId("compare-go").disabled = !(reference.file && others.files.length); };
  reference = new Slot("Reference", { hint: "Drop or paste one image here", changed });
  others = new Slot("Images to compare", { many: true, hint: "Drop or paste one or more images here", changed });
  byId("compare-slots").append(reference.element, others.element);
  byId("compare-go").addEventListener("click", compare);
  viewer = new HeatmapViewer(byId("compare-map"));
}

/** Called when the service has told its metrics. */
export function setMetrics(list) {
  metrics = list;
  const fieldset = byId("compare-metrics");
  fieldset.querySelectorAll("label").forEach((label) => label.remove());
  fieldset.append(...list.map((metric) => make("label.chip", { title: metric.summary },
    make("input", { type: "checkbox", value: metric.name, checked: true }), metric.name)));
}

/** What a metric's numbers say, in words. */
export function meaning(metric) {
  const isDistance = metric.direction === "lower is more alike";
  const same = number(metric.identical);
  return isDistance
    ? `${same} is the same; lower is more alike. A longer bar is more different.`
    : `${same} is the same; higher is more alike. A longer bar is more alike.`;
}

/** The share of a bar, beside the largest number of its kind here. */
function share(value, values) {
  if (value === "inf") return 1;
  if (typeof value !== "number") return 0;
  const finite = values.filter((other) => typeof other === "number").map(Math.abs);
  const largest = Math.max(...finite, 0) * (values.includes("inf") ? 1.25 : 1);
  return largest > 0 ? Math.max(value, 0) / largest : 0;
}

async function compare() {
  const chosen = [...byId("compare-metrics").querySelectorAll("input:checked")].map((input) => input.value);
  const status = byId("compare-status");
  if (!chosen.length) return say(status, "Choose at least one metric.", true);
  const files = new Map();
  const sent = others.files.map((file, place) => {
    // Names tell images apart in the answer, so that no two may be the same.
    let name = file.name || "pasted image";
    if (files.has(name)) name = `${place + 1} – ${name}`;
    files.set(name, file);
    return ["image", new File([file], name)];
  });
  say(status, "Comparing…");
  byId("compare-go").disabled = true;
  try {
    const needsSize = metrics.some((metric) => chosen.includes(metric.name) && metric.size.minimum !== undefined);
    const ask = async (extra) => (await post(`/v1/compare?metric=${encodeURIComponent(chosen.join(","))}${extra}`, [["reference", reference.file], ...sent])).json();
    let answer = await ask("");
    let note = "";
    const differs = [...answer.failures, ...answer.results.flatMap((result) => Object.values(result.errors || {}))].length > 0;
    if (needsSize && differs) {
      const resized = await ask("&resize=256");
      if (resized.failures.length <= answer.failures.length) {
        answer = resized;
        note = "The images have different sizes, so metrics that need equal ones compared them at 256 × 256.";
      }
    }
    say(status, "");
    show(answer, files, note);
  } catch (error) {
    say(status, error.message, true);
  } finally {
    byId("compare-go").disabled = false;
  }
}

function show(answer, files, note) {
  const cards = answer.metrics.map((metric) => {
    const isAlike = metric.direction !== "lower is more alike";
    const ranked = [...answer.results].sort((a, b) => (a.ranks[metric.name] ?? 1e9) - (b.ranks[metric.name] ?? 1e9));
    const values = ranked.map((result) => result.values[metric.name]);
    const isSpatial = metrics.find((other) => other.name === metric.name)?.isSpatial;
    const rows = ranked.map((result) => {
      const value = result.values[metric.name];
      const file = files.get(result.image);
      const bar = make(`div.bar${isAlike ? ".alike" : ""}`, {}, make("i"));
      bar.firstChild.style.width = `${100 * share(value, values)}%`;
      bar.hidden = values.length < 2;
      return make("li", {},
        make("div.name", { title: result.image }, file ? picture(others.url(file), "") : null, make("span", {}, result.image)),
        values.length < 2 ? make("span") : bar,
        make("div.figure", {}, make("span.value", {}, value === undefined ? "–" : number(value)),
          isSpatial && file ? make("button", { type: "button", "aria-label": `Where ${result.image} differs, by ${metric.name}`, onclick: () => viewer.show(metric, reference, others, file) }, "Where?") : null));
    });
    const scale = values.length < 2 ? "What counts as far differs from metric to metric: add a second image to have a scale." : "Bars are drawn to the largest value here.";
    return make("section.card", {},
      make("div.metric-head", {}, make("h2", {}, metric.name), make("span.direction", {}, isAlike ? "↑ higher is more alike" : "↓ lower is more alike")),
      make("p.meaning", {}, `${sentence(metric.summary)}. ${meaning(metric)} ${scale}`), make("ol.bars", {}, ...rows));
  });
  const problems = [...answer.failures.map((failure) => failure.error), ...answer.warnings, ...answer.results.flatMap((result) => Object.entries(result.errors || {}).map(([name, text]) => `${result.image}, ${name}: ${text}`))];
  byId("compare-results").replaceChildren(
    ...(note ? [make("p.lead", {}, note)] : []), ...cards,
    ...problems.map((text) => make("p.notice", {}, text)));
  viewer.clear();
}
