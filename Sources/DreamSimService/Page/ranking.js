// Images in the order in which a metric finds them similar to the reference.

import { bar } from "./bars.js";
import { view } from "./drop.js";
import { h } from "./elements.js";
import { directionText, format, isMoreAlike, number, scale } from "./numbers.js";
import { quoted, takeAway } from "./table.js";

/** The results from the most alike to the least by a metric; those without a value come last. */
export function ranked(results, metric) {
  const value = (result) => number(result.values[metric.name] ?? "nan");
  return [...results].sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
    return x === y ? 0 : isMoreAlike(metric, x, y) ? -1 : 1;
  });
}

/**
 * The ranking, with the choice of the metric that ranks.
 * @param rows - the results in their order.
 * @param settings - `answer`, `images`, `leader`, `chosen` and `resize`; `onLeader` and `onChoose` are told what is chosen.
 */
export function rankingPanel(rows, { answer, images, leader, chosen, resize, onLeader, onChoose }) {
  const metric = answer.metrics.find((other) => other.name === leader);
  const names = answer.metrics.map((other) => other.name);
  const list = h("ol", {}, rows.map((row, index) => entry(row, index)));

  function entry(row, index) {
    const values = rows.map((other) => number(other.values[leader] ?? "nan")).filter((value) => !Number.isNaN(value));
    const value = row.values[leader] === undefined ? undefined : number(row.values[leader]);
    const image = images.find((other) => other.name === row.image);
    return h("li", {}, h("button", {
      type: "button", cls: "rank", "aria-pressed": String(row.image === chosen), "aria-controls": "pair",
      onclick: (event) => {
        for (const button of list.querySelectorAll(".rank")) button.setAttribute("aria-pressed", String(button === event.currentTarget));
        onChoose(row.image);
      },
    },
    h("span", { cls: "place" }, String(index + 1)), image ? h("span", { cls: "thumb" }, view(image, { alt: "" })) : null,
    h("span", { cls: "name" }, row.image),
    value === undefined ? h("span", { cls: "soft" }, "no value")
      : [bar(metric, value, scale(metric, values, answer.profiles[leader]), answer.profiles[leader], "thin"),
        h("span", { cls: "figure" }, format(value))]));
  }

  return h("section", { cls: "ranking" }, h("div", { cls: "heading" }, h("h2", {}, "From most to least similar"),
    answer.metrics.length > 1 ? h("label", { cls: "field" }, "ranked by",
      h("select", { onchange: (event) => onLeader(event.target.value) },
        answer.metrics.map((other) => h("option", { value: other.name, selected: other.name === leader }, other.name)))) : null),
  h("p", { cls: "soft" }, `Numbers and bars are those of ${leader}: ${directionText(metric)}. Shorter bars mean more similar. Choose an image to see its pair.`),
  list,
  takeAway("comparison",
    () => [["reference", "image", ...names], ...rows.map((row) => [images[0].name, row.image, ...names.map((name) => row.values[name])])],
    { command: `dreamsim compare ${[images[0], ...images.slice(1)].map((image) => quoted(image.name)).join(" ")} --metric ${names.join(",")} --rank-by ${leader}${resize ? ` --resize ${resize}` : ""}` }));
}
