// Reports of evaluations: how often metrics choose as people do.

import { getJSON } from "./api.js";
import { announce, fill, h, notice, progress } from "./elements.js";
import { bytes, number, plural } from "./numbers.js";
import { takeAway } from "./table.js";

const chances = { "two-alternative choice": 0.5, "odd one out": 1 / 3 };

export function reportsView() {
  const list = h("div", { cls: "report-list" });
  const place = h("div", {});
  const element = h("section", {}, h("h1", { tabindex: "-1" }, "Evaluation reports"),
    h("p", { cls: "lead" }, "Agreement of metrics with human judgments, measured by ‘dreamsim evaluate’."), list, place);

  async function open() {
    try {
      const { evaluations } = await getJSON("/v1/evaluations");
      if (evaluations.length === 0) {
        fill(list, h("p", { cls: "notice" }, "The folder of reports is empty. ‘dreamsim evaluate … --output FOLDER/NAME.json’ writes one."));
        return;
      }
      fill(list, evaluations.map((entry) => h("button", { type: "button", "aria-pressed": "false", onclick: (event) => read(entry, event.currentTarget) },
        h("strong", {}, entry.name), h("small", {}, `${new Date(entry.modified).toLocaleDateString("en", { dateStyle: "medium" })}, ${bytes(entry.bytes)}`))));
      list.querySelector("button").click();
    } catch (error) {
      fill(list, notice(error, open));
    }
  }

  async function read(entry, button) {
    for (const other of list.querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === button));
    const line = progress("Reading the report…", null);
    fill(place, line.element);
    try {
      const report = await getJSON(`/v1/evaluations/${encodeURIComponent(entry.name)}`);
      if (!Array.isArray(report.metrics) || !report.dataSet) throw { title: "This is not an evaluation report", detail: `${entry.name}.json lacks the parts of a report`, advice: "write one with ‘dreamsim evaluate … --output’" };
      show(report);
    } catch (error) {
      fill(place, notice(error, () => read(entry, button)));
    } finally {
      line.end();
    }
  }

  function show(report) {
    const { dataSet } = report;
    const chance = chances[dataSet.task];
    const metrics = [...report.metrics].sort((a, b) => (b.score.value ?? -1) - (a.score.value ?? -1));
    fill(place, h("article", { cls: "report" },
      h("h2", {}, dataSet.name),
      h("p", { cls: "soft" }, `${plural(dataSet.judgments, "judgment")} of ${plural(dataSet.images, "image")}, ${dataSet.selection}. ${dataSet.leftOut > 0 ? `${plural(dataSet.leftOut, "row")} left out by the selection. ` : ""}`),
      h("p", {}, `${report.score[0].toUpperCase()}${report.score.slice(1)}.`),
      h("div", { cls: "scores" }, metrics.map((metric) => score(metric, chance))),
      chance ? h("p", { cls: "soft" }, `The dashed line is chance level (${chance === 0.5 ? "0.5" : "0.33"}); whiskers are ${Math.round((report.bootstrap?.confidence ?? 0.95) * 100)} % intervals.`) : null,
      parts(metrics),
      report.comparisons.length > 0 ? h("section", {}, h("h3", {}, "Pairs of metrics"),
        h("div", { cls: "table-scroll", tabindex: "0", role: "region", "aria-label": "Metrics beside each other" }, h("table", {},
          h("thead", {}, h("tr", {}, ["Metrics", "Difference of scores", "Same choice"].map((text) => h("th", { scope: "col" }, text)))),
          h("tbody", {}, report.comparisons.map((pair) => h("tr", {},
            h("th", { scope: "row" }, `${pair.first} − ${pair.second}`), h("td", {}, estimate(pair.difference, true)),
            h("td", {}, pair.sameChoice === undefined || pair.sameChoice === null ? "—" : `${Math.round(pair.sameChoice * 100)} %`))))))) : null,
      report.skipped.length > 0 ? h("details", {}, h("summary", {}, `${plural(report.skipped.length, "judgment")} without a value`),
        h("ul", {}, report.skipped.slice(0, 100).map((skip) => h("li", {}, `${skip.id}: ${skip.reason}`)))) : null,
      takeAway(`report-${dataSet.name.replace(/[^\w.-]+/g, "-")}`, () => [["metric", "score", "low", "high", "judgments"],
        ...metrics.map((metric) => [metric.name, metric.score.value, metric.score.interval?.low, metric.score.interval?.high, metric.score.count])],
      { whole: () => report }),
      dataSet.notes.length > 0 ? h("p", { cls: "notice" }, dataSet.notes.join("; ")) : null));
    announce(`Report of ${dataSet.name}: the best metric is ${metrics[0].name}.`);
  }

  const digits = (value, signed) => `${signed && value > 0 ? "+" : ""}${value.toFixed(3).replace("-", "−")}`;

  function estimate(score, signed = false) {
    if (score.value === undefined || score.value === null) return "—";
    const value = digits(number(score.value), signed);
    return score.interval ? `${value} (${digits(number(score.interval.low), signed)} to ${digits(number(score.interval.high), signed)})` : value;
  }

  function score(metric, chance) {
    const value = metric.score.value;
    const part = (at) => `${(Math.min(1, Math.max(0, number(at))) * 100).toFixed(2)}%`;
    return h("div", { cls: "score" }, h("span", { cls: "name" }, metric.name),
      value === undefined || value === null ? h("span", { cls: "soft" }, "no value")
        : h("div", { cls: "track", "aria-hidden": "true" }, h("i", { cls: "fill", vars: { "--to": part(value) } }),
          metric.score.interval ? h("i", { cls: "whisker", vars: { "--from": part(metric.score.interval.low), "--to": part(metric.score.interval.high) } }) : null,
          chance ? h("i", { cls: "line", vars: { "--at": part(chance) } }) : null),
      h("span", { cls: "figure" }, estimate(metric.score)));
  }

  function parts(metrics) {
    const names = [...new Set(metrics.flatMap((metric) => metric.parts.map((part) => part.part)))];
    if (names.length < 2) return null;
    return h("section", {}, h("h3", {}, "By part"),
      h("div", { cls: "table-scroll", tabindex: "0", role: "region", "aria-label": "Scores by part" }, h("table", {},
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Metric"), names.map((name) => h("th", { scope: "col" }, name)))),
        h("tbody", {}, metrics.map((metric) => h("tr", {}, h("th", { scope: "row" }, metric.name),
          names.map((name) => {
            const part = metric.parts.find((other) => other.part === name);
            return h("td", {}, part?.score.value === undefined || part.score.value === null ? "—" : `${digits(number(part.score.value))} (n = ${part.score.count})`);
          })))))));
  }

  return {
    id: "reports", title: "Reports", element, open,
    needs: ["hasReports", "There are no reports to look at", "Write one with ‘dreamsim evaluate … --output FOLDER/NAME.json’ and start the service with ‘--reports FOLDER’."],
  };
}
