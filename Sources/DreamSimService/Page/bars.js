// A metric's values on a scale from “the same” to “different”.

import { plain } from "./api.js";
import { h, sentence } from "./elements.js";
import { format, isLower, known, meaning, number, quantile, scale, directionText } from "./numbers.js";

const percent = (part) => `${(part * 100).toFixed(2)}%`;

function band(axis, kind, distribution) {
  if (!distribution) return null;
  const ends = [quantile(distribution, 0.05), quantile(distribution, 0.95)].map((value) => axis.place(value)).sort((a, b) => a - b);
  return h("i", {
    cls: `band ${kind}`,
    vars: { "--from": percent(ends[0]), "--to": percent(ends[1]), "--middle": percent(axis.place(quantile(distribution, 0.5))) },
  }, h("i", { cls: "median", vars: { "--at": percent(axis.place(quantile(distribution, 0.5))) } }));
}

/** Why there is no value, without the name that stands above it. */
function reasonText(metric, reason) {
  const text = plain(reason ?? "no value");
  return sentence(text.startsWith(`${metric.name}: `) ? text.slice(metric.name.length + 2) : text);
}

/** The scale of a metric with one bar. */
export function bar(metric, value, axis, profile, kind = "") {
  const place = axis.place(value);
  const threshold = profile?.threshold ? axis.place(number(profile.threshold.value)) : null;
  const { unrelated, related } = known(profile);
  return h("div", { cls: `track ${kind}`, "aria-hidden": "true" },
    band(axis, "unrelated", unrelated),
    band(axis, "related", related),
    h("i", { cls: "fill", vars: { "--to": percent(place) } }),
    threshold === null ? null : h("i", { cls: "line", vars: { "--at": percent(threshold) } }));
}

/** A metric's answer for a pair: name, number, bar and what it means. */
export function metricRow(metric, value, others, profile, reason) {
  const axis = scale(metric, [...others, value].filter((v) => v !== undefined), profile);
  const details = [
    metric.summary, `Prepared: ${metric.preprocessing}.`, metric.weights ? `Weights ${metric.weights.slice(0, 12)}.` : null,
  ].filter(Boolean).join(" ");
  const head = h("div", { cls: "metric-head" },
    h("h3", {}, metric.name), h("span", { cls: "soft" }, directionText(metric)),
    h("output", { cls: "value" }, value === undefined ? "—" : format(value)));
  if (value === undefined) {
    return h("article", { cls: "metric" }, head, h("p", { cls: "meaning problem" }, reasonText(metric, reason)));
  }
  return h("article", { cls: "metric" }, head,
    bar(metric, value, axis, profile),
    h("div", { cls: "ends soft", "aria-hidden": "true" },
      h("span", {}, `${Number.isFinite(number(metric.identical)) ? format(axis.start) : "∞"} the same`),
      h("span", {}, `${format(axis.end)}${isLower(metric) ? " and more: less similar" : " and less: less similar"}`)),
    h("p", { cls: "meaning" }, meaning(metric, value, profile)
      ?? `Of two pairs, the one with the ${isLower(metric) ? "smaller" : "larger"} value is more similar. ‘dreamsim evaluate’ measures percentiles on human judgments; they then appear here.`),
    h("details", { cls: "soft" }, h("summary", {}, "About this number"), h("p", {}, details)));
}

/** What the bands of scales are. */
export function legend(profiles) {
  const landmarks = profiles.map(known).filter(({ unrelated, related }) => unrelated || related);
  if (landmarks.length === 0) return null;
  const sets = [...new Set(landmarks.map(({ dataSet }) => dataSet))];
  return h("p", { cls: "legend soft" },
    h("span", { cls: "key fill-key" }, "this pair"),
    landmarks.some(({ related }) => related) ? h("span", { cls: "key related-key" }, "an image and its variation") : null,
    landmarks.some(({ unrelated }) => unrelated) ? h("span", { cls: "key unrelated-key" }, "unrelated pairs") : null,
    profiles.some((profile) => profile?.threshold) ? h("span", { cls: "key line-key" }, "calibrated line") : null,
    h("span", {}, sets.length === 1 ? `Bands hold the middle 90 % of known pairs, of ‘${sets[0]}’.` : "Bands hold the middle 90 % of known pairs; each metric says of which data set."));
}
