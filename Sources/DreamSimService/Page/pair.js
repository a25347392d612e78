// Two images: where they differ, and what every metric says of them.

import { legend, metricRow } from "./bars.js";
import { fill, h } from "./elements.js";
import { heatmapPanel } from "./heatmap.js";
import { number } from "./numbers.js";

/**
 * Fills a place with a pair.
 * @param answer - `metrics`, `results` and `profiles`; values of all results set the scales.
 * @param row - the pair's own result.
 * @param onResize - gives what brings images of different sizes to one; null when that was done.
 * @param onBack - `words` for, and `go` to where the pair was chosen; null when there is no other.
 */
export function showPair(place, context, [reference, image], answer, row, { onResize, onBack }) {
  const all = (metric) => answer.results.map((other) => other.values[metric.name]).filter((value) => value !== undefined).map(number);
  const reasons = row.errors ?? {};
  fill(place,
    h("div", { cls: "heading" }, h("h2", {}, `${reference.name} and ${image.name}`),
      onBack ? h("button", { type: "button", cls: "quiet", onclick: onBack.go }, `↑ ${onBack.words()}`) : null),
    heatmapPanel(context, reference, image, answer.metrics),
    h("section", { cls: "metrics" }, h("h2", {}, "By metric"), legend(answer.metrics.map((metric) => answer.profiles[metric.name])),
      answer.metrics.map((metric) => metricRow(metric,
        row.values[metric.name] === undefined ? undefined : number(row.values[metric.name]),
        all(metric), answer.profiles[metric.name], reasons[metric.name])),
      Object.keys(reasons).length > 0 && onResize()
        ? h("button", { type: "button", onclick: onResize() }, "Compare at 256 × 256 pixels") : null));
}

/** Joins what the service says of some images with what is known of its metrics. */
export function joined(context, parts, profiles) {
  return {
    metrics: (parts.find((part) => part.results.length > 0) ?? parts[0]).metrics.map((column) => ({ ...context.metrics.find((metric) => metric.name === column.name), ...column })),
    results: parts.flatMap((part) => part.results), failures: parts.flatMap((part) => part.failures),
    warnings: [...new Set(parts.flatMap((part) => part.warnings))], profiles,
  };
}
