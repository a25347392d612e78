// What is compared, by which metrics, and at which size.

import { fill, h, segments, tell } from "./elements.js";

/** The metrics that need images of the same size. */
export const pixelMetrics = (metrics) => metrics.filter((metric) => metric.size.square === undefined).map((metric) => metric.name);

/**
 * Shows the choices of a comparison.
 * @param wanted - the names of the metrics that are chosen, which is kept up to date.
 * @param chosen - `way`, `resize`, and whether there are `pairs` to choose.
 * @param on - `way` and `resize` are told what is chosen, `metrics` that others are.
 */
export function showControls(place, metrics, wanted, chosen, on) {
  const narrow = pixelMetrics(metrics);
  fill(place,
    chosen.hasPairs ? segments("What is compared", [["reference", "Against the reference"], ["pairs", "All pairs"]], chosen.way, (value) => {
      on.way(value);
      place.querySelector(`input[value=${value}]`).focus();
    }) : null,
    chosen.hasPairs && chosen.way === "pairs" ? null : h("fieldset", { cls: "chips" }, h("legend", {}, "Metrics"), metrics.map(chip)),
    narrow.length > 0 ? h("label", { cls: "field", title: "These compare pixel by pixel, and need images of the same size. Models see images of any size." }, `Size for ${narrow.join(", ")}`,
      h("select", { onchange: (event) => on.resize(event.target.value) },
        [["", "as it is"], ["256", "256 × 256"], ["512", "512 × 512"]].map(([value, text]) =>
          h("option", { value, selected: value === chosen.resize }, text)))) : null);

  function chip(metric) {
    const box = h("input", {
      type: "checkbox", checked: wanted.has(metric.name),
      onchange: () => {
        if (box.checked) wanted.add(metric.name); else wanted.delete(metric.name);
        if (wanted.size > 0) {
          on.metrics();
        } else {
          wanted.add(metric.name);
          box.checked = true;
          tell("At least one metric is needed.");
        }
      },
    });
    return h("label", { title: metric.summary }, box, h("span", {}, metric.name));
  }
}
