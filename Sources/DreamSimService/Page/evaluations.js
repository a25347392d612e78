// Reports of how well metrics agree with people.

import { json } from "./api.js";
import { byId, count, make, say, sentence } from "./dom.js";

export function start() {}

/** Called when the view is shown. */
export async function show() {
  const status = byId("evaluations-status");
  try {
    const { evaluations } = await json("/v1/evaluations");
    say(status, evaluations.length ? "" : "There are no reports yet.");
    byId("evaluations-list").replaceChildren(...evaluations.map((report) => make("button", { type: "button", onclick: () => open(report.name) }, report.name)));
  } catch (error) {
    say(status, error.message, true);
  }
}

const percent = (value) => (typeof value === "number" ? `${(100 * value).toFixed(1)} %` : "–");

/** What the intervals are. */
const confidence = (bootstrap) => (bootstrap?.confidence ? `Intervals hold ${percent(bootstrap.confidence)} of ${count(bootstrap.resamples ?? 0, "bootstrap sample")}` : "");

async function open(name) {
  const status = byId("evaluations-status");
  say(status, "Reading…");
  try {
    const report = await json(`/v1/evaluations/${encodeURIComponent(name)}`);
    say(status, "");
    const metrics = [...(report.metrics || [])].sort((a, b) => (b.score?.value ?? 0) - (a.score?.value ?? 0));
    const set = report.dataSet || {};
    byId("evaluations-report").replaceChildren(make("section.card", {},
      make("h2", {}, set.name || name),
      make("p.meaning", {}, [sentence(report.score || ""), set.judgements ? `${count(set.judgements, "judgement")} on ${count(set.pictures || 0, "picture")}` : "", confidence(report.bootstrap)].filter(Boolean).join(". ") + "."),
      make("div.scroll", {}, make("table", {},
        make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Metric"), make("th.number", { scope: "col" }, "Score"), make("th.number", { scope: "col" }, "Interval"), make("th", { scope: "col" }, "Direction"))),
        make("tbody", {}, ...metrics.map((metric) => make("tr", {},
          make("th", { scope: "row" }, metric.identity?.name ?? "?"),
          make("td.number", {}, percent(metric.score?.value)),
          make("td.number", {}, metric.score?.interval ? `${percent(metric.score.interval.low)} to ${percent(metric.score.interval.high)}` : "–"),
          make("td", {}, metric.identity?.direction ?? ""))))))));
  } catch (error) {
    say(status, error.message, true);
  }
}
