// Two images side by side, and over one of them where they differ.

import { Work, isAbort, post } from "./api.js";
import { view } from "./drop.js";
import { announce, fill, h, notice, progress, segments, unique } from "./elements.js";
import { format } from "./numbers.js";

/** The pair, with the controls of its heat map. */
export function heatmapPanel(context, reference, image, metrics) {
  const spatial = context.metrics.filter((metric) => metric.isSpatial && metrics.some((other) => other.name === metric.name));
  const sides = { reference: side(reference, "reference"), image: side(image, "compared") };
  const work = new Work();
  const drawn = new Map();
  let where = "off";
  let metric = spatial[0]?.name;
  let opacity = 60;

  const state = h("div", { cls: "state" });
  const scaleLine = h("div", {});
  const slider = h("div", { cls: "slider", hidden: true });
  const element = h("section", { cls: "heat" },
    h("div", { cls: "sides" }, sides.reference.element, sides.image.element),
    spatial.length === 0
      ? h("p", { cls: "soft" }, "None of the chosen metrics has a heat map; models and SSIM have one.")
      : h("div", { cls: "heat-controls" },
        h("span", { cls: "label" }, "Where do they differ?"),
        segments("Heat map", [["off", "Off"], ["reference", "Reference"], ["image", "Compared"]], where, (value) => { where = value; draw(); }),
        spatial.length > 1 ? h("label", { cls: "field" }, "by", h("select", { onchange: (event) => { metric = event.target.value; draw(); } },
          spatial.map((other) => h("option", { value: other.name }, other.name)))) : null,
        slider),
    state, scaleLine);

  const name = unique("opacity");
  const shown = h("output", { htmlFor: name }, "60 %");
  fill(slider, h("label", { htmlFor: name }, "Opacity"),
    h("input", {
      id: name, type: "range", min: "0", max: "100", value: "60",
      oninput: (event) => {
        opacity = Number(event.target.value);
        shown.textContent = `${opacity} %`;
        for (const side of Object.values(sides)) side.map.style.opacity = opacity / 100;
      },
    }), shown);

  function side(source, role) {
    const map = h("img", { cls: "map", alt: "", hidden: true });
    const frame = h("div", { cls: "frame" }, view(source), map);
    return {
      map,
      element: h("figure", {}, frame, h("figcaption", {}, h("span", { cls: "badge" }, role), h("span", { cls: "name", title: source.name }, source.name))),
    };
  }

  async function draw() {
    work.stop();
    fill(state);
    for (const side of Object.values(sides)) side.map.hidden = true;
    slider.hidden = where === "off";
    if (where === "off") {
      fill(scaleLine);
      return;
    }
    const key = `${where} ${metric}`;
    if (!drawn.has(key)) {
      const line = progress("Computing the heat map…", () => { work.stop(); where = "off"; element.querySelector("input[value=off]").checked = true; draw(); });
      fill(state, line.element);
      const pair = where === "image" ? [["reference", reference], ["image", image]] : [["reference", image], ["image", reference]];
      try {
        const response = await post(`/v1/heatmap?metric=${encodeURIComponent(metric)}&layout=plain&opacity=1`, pair, { signal: work.start(), headers: { Accept: "image/png" } });
        drawn.set(key, { url: URL.createObjectURL(await response.blob()), highest: Number(response.headers.get("X-DreamSim-Highest")) });
        fill(state);
      } catch (error) {
        if (isAbort(error)) return;
        if (error.kind === "incomparable") error.advice ??= "choose a model beside ‘by’: models see images of any size";
        fill(state, notice(error, draw));
        fill(scaleLine);
        return;
      } finally {
        line.end();
      }
    }
    if (key !== `${where} ${metric}`) return;
    const { url, highest } = drawn.get(key);
    const { map } = sides[where];
    map.src = url;
    map.style.opacity = opacity / 100;
    map.hidden = false;
    map.alt = `where the images differ, by ${metric}`;
    fill(scaleLine, h("div", { cls: "color-scale" }, h("span", {}, "0, no difference"), h("i", { "aria-hidden": "true" }), h("span", {}, `${format(highest)} where they differ most`)),
      h("p", { cls: "soft" }, `By ${metric}. The color scale ends at the largest difference of this pair; the value of the metric tells how large it is.`));
    announce(`The heat map lies over the ${where === "image" ? "compared image" : "reference"}.`);
  }

  return element;
}
