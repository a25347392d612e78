// Two images to look at closely: side by side, one over the other with a divider, or in turn; zoomed and moved together.

import { view } from "./drop.js";
import { fill, h, segments, unique } from "./elements.js";
import { lens } from "./lens.js";

/** What was chosen stays for the next pair, so that the same place of several images can be looked at. */
const kept = { mode: "side", split: 50, zoom: 1, x: 0, y: 0 };
const modes = [["side", "Side by side"], ["swipe", "Swipe"], ["blink", "Blink"]];
/** Slower than three times a second, which may harm people. */
const blinkMilliseconds = 800;

/** The pair, with `maps` that lie over its images, by role; `roles` are what people are told of each. */
export function viewer(reference, image, roles = ["reference", "compared"]) {
  const maps = { reference: overlay(), image: overlay() };
  const frames = [frame(reference, maps.reference), frame(image, maps.image, h("i", { cls: "divider", "aria-hidden": "true" }))];
  const stage = h("div", {
    cls: "sides", role: "group", tabindex: "0", "aria-label": "The images. Plus and minus zoom, arrow keys move what is zoomed, 0 shows all.",
  }, figure(frames[0], reference, roles[0]), figure(frames[1], image, roles[1]));
  const more = h("div", { cls: "view-more" });
  const element = h("div", { cls: "viewer" },
    h("div", { cls: "view-controls" }, segments("View", modes, kept.mode, (mode) => { kept.mode = mode; showMode(); }), more, lens(stage, frames, kept, () => kept.mode === "swipe" && moveDivider)),
    stage);
  let timer = null;

  function showMode() {
    clearInterval(timer);
    stage.dataset.mode = kept.mode;
    delete stage.dataset.shown;
    fill(more, kept.mode === "swipe" ? dividerSlider() : kept.mode === "blink" ? blinkControls() : null);
  }

  function dividerSlider() {
    const name = unique("divider");
    return h("div", { cls: "slider" }, h("label", { htmlFor: name }, "Divider"),
      h("input", { id: name, type: "range", min: "0", max: "100", value: String(kept.split), oninput: (event) => setDivider(Number(event.target.value)) }));
  }

  function setDivider(percent) {
    kept.split = Math.min(100, Math.max(0, percent));
    stage.style.setProperty("--split", `${kept.split}%`);
    const slider = more.querySelector("input[type=range]");
    if (slider) slider.value = String(kept.split);
  }

  /** Where the divider is, for what is dragged; and takes it along. */
  function moveDivider(percent) {
    if (percent === undefined) return kept.split;
    setDivider(percent);
    return percent;
  }

  function blinkControls() {
    stage.dataset.shown = "reference";
    const turn = () => { stage.dataset.shown = stage.dataset.shown === "reference" ? "image" : "reference"; };
    const run = (isOn) => {
      clearInterval(timer);
      box.checked = isOn;
      if (!isOn) return;
      // Gone from the page, it ends.
      timer = setInterval(() => { if (stage.isConnected) turn(); else run(false); }, blinkMilliseconds);
    };
    const box = h("input", { type: "checkbox", onchange: () => run(box.checked) });
    run(!matchMedia("(prefers-reduced-motion: reduce)").matches);
    return [h("label", { cls: "field" }, box, "automatically"),
      h("button", { type: "button", onclick: () => { run(false); turn(); } }, "Show the other")];
  }

  setDivider(kept.split);
  showMode();
  return { element, maps };
}

const overlay = () => h("img", { cls: "map", alt: "", hidden: true });

const frame = (source, map, divider = null) => h("div", { cls: "frame" }, view(source), map, divider);

const figure = (frame, source, role) => h("figure", {}, frame, h("figcaption", {}, h("span", { cls: "badge" }, role),
  h("span", { cls: "name", title: source.name }, source.name),
  h("a", { href: source.url, target: "_blank", rel: "noopener", "aria-label": `Open ${source.name} as it is, in a new tab` }, "Original")));
