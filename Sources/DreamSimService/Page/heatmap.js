// Two images, and over one of them where they differ.

import { Work, isAbort, post } from "./api.js";
import { announce, fill, h, notice, progress, segments, unique } from "./elements.js";
import { format } from "./numbers.js";
import { save } from "./table.js";
import { viewer } from "./viewer.js";

/** Where the color scale ends, by metric, when it is to be the same for every pair. */
const fixed = new Map();
/** What was chosen stays for the next pair. */
const kept = { where: "off", metric: null, opacity: 60 };

/** One map is drawn at a time: that of a pair that is no longer looked at ends. */
const work = new Work();

/** The pair, with the controls of its heat map. */
export function heatmapPanel(context, reference, image, metrics) {
  const spatial = context.metrics.filter((metric) => metric.isSpatial && metrics.some((other) => other.name === metric.name));
  work.stop();
  const look = viewer(reference, image);
  const drawn = new Map();
  let metric = spatial.find((other) => other.name === kept.metric)?.name ?? spatial[0]?.name;
  let where = metric ? kept.where : "off";
  let { opacity } = kept;

  const state = h("div", { cls: "state" });
  const scaleLine = h("div", {});
  const slider = h("div", { cls: "slider", hidden: true });
  const element = h("section", { cls: "heat", "aria-label": "The images" },
    look.element,
    spatial.length === 0
      ? h("p", { cls: "soft" }, "None of the chosen metrics has a heat map; models and SSIM have one.")
      : h("div", { cls: "heat-controls" },
        h("span", { cls: "label" }, "Where do they differ?"),
        segments("Heat map", [["off", "Off"], ["reference", "Reference"], ["image", "Compared"]], where, (value) => { where = kept.where = value; draw(); }),
        spatial.length > 1 ? h("label", { cls: "field" }, "by", h("select", { onchange: (event) => { metric = kept.metric = event.target.value; draw(); } },
          spatial.map((other) => h("option", { value: other.name, selected: other.name === metric }, other.name)))) : null,
        slider),
    state, scaleLine);

  const name = unique("opacity");
  const shown = h("output", { htmlFor: name }, `${opacity} %`);
  fill(slider, h("label", { htmlFor: name }, "Opacity"),
    h("input", {
      id: name, type: "range", min: "0", max: "100", value: String(opacity),
      oninput: (event) => {
        opacity = kept.opacity = Number(event.target.value);
        shown.textContent = `${opacity} %`;
        for (const map of Object.values(look.maps)) map.style.opacity = opacity / 100;
      },
    }), shown);

  function ask(query, accept, signal) {
    const pair = where === "image" ? [["reference", reference], ["image", image]] : [["reference", image], ["image", reference]];
    const whole = new URLSearchParams({ metric, ...query });
    if (fixed.has(metric)) whole.set("highest", fixed.get(metric));
    return post(`/v1/heatmap?${whole}`, pair, { signal, headers: { Accept: accept } });
  }

  const key = () => `${where} ${metric} ${fixed.get(metric) ?? ""}`;

  async function draw() {
    work.stop();
    fill(state);
    for (const map of Object.values(look.maps)) map.hidden = true;
    slider.hidden = where === "off";
    if (where === "off") {
      fill(scaleLine);
      return;
    }
    const wanted = key();
    if (!drawn.has(wanted)) {
      const line = progress("Computing the heat map…", () => { work.stop(); where = kept.where = "off"; element.querySelector("input[value=off]").checked = true; draw(); });
      fill(state, line.element);
      try {
        const response = await ask({ layout: "plain", opacity: 1 }, "image/png", work.start());
        drawn.set(wanted, { url: URL.createObjectURL(await response.blob()), highest: Number(response.headers.get("X-DreamSim-Highest")) });
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
    if (wanted !== key()) return;
    const { url, highest } = drawn.get(wanted);
    const map = look.maps[where];
    map.src = url;
    map.style.opacity = opacity / 100;
    map.hidden = false;
    map.alt = `where the images differ, by ${metric}`;
    showScale(highest);
    announce(`The heat map lies over the ${where === "image" ? "compared image" : "reference"}.`);
  }

  function showScale(highest) {
    const isFixed = fixed.has(metric);
    const end = h("input", {
      type: "number", min: "0", step: "any", value: String(Number(highest.toPrecision(3))), "aria-label": "Value of the last color", disabled: !isFixed,
      onchange: () => { if (end.valueAsNumber > 0) { fixed.set(metric, end.valueAsNumber); draw(); } },
    });
    const choice = h("input", { type: "checkbox", checked: isFixed, onchange: () => { if (choice.checked) fixed.set(metric, end.valueAsNumber); else fixed.delete(metric); draw(); } });
    fill(scaleLine, h("div", { cls: "color-scale" }, h("span", {}, "0, no difference"), h("i", { "aria-hidden": "true" }), h("span", {}, `${format(highest)}${isFixed ? " and more" : " where they differ most"}`)),
      h("p", { cls: "soft" }, `By ${metric}. ${isFixed ? "The color scale is the same for every pair." : "The color scale ends at the largest difference of this pair; the value of the metric tells how large it is."}`),
      h("div", { cls: "controls" }, h("label", { cls: "field" }, choice, "The same scale for every pair, up to"), end,
        h("button", { type: "button", onclick: () => keep({ layout: "overlay", opacity: opacity / 100 }, "image/png", "png") }, "Save heat map"),
        h("button", { type: "button", onclick: () => keep({}, "application/json", "json") }, "Save its values as JSON")));
  }

  async function keep(query, accept, suffix) {
    const line = progress("Drawing the heat map…", () => work.stop());
    fill(state, line.element);
    try {
      const response = await ask(query, accept, work.start());
      save(await response.blob(), `heatmap-${metric.replace(/[^\w.-]/g, "-")}-${(where === "image" ? image : reference).name.replace(/\.[^.]*$/, "")}.${suffix}`);
      announce("The heat map was saved.");
    } catch (error) {
      if (!isAbort(error)) fill(state, notice(error, () => keep(query, accept, suffix)));
    } finally {
      line.end();
    }
  }

  if (where !== "off") draw();
  return element;
}
