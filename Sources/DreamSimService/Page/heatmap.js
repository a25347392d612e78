// Where two images differ: the map over either image, with a slider.

import { post } from "./api.js";
import { make, number, say } from "./dom.js";

export class HeatmapViewer {
  constructor(element) {
    this.element = element;
  }

  clear() {
    this.element.replaceChildren();
  }

  async show(metric, reference, others, file) {
    const status = make("span.status", {}, "Drawing the map…");
    status.setAttribute("role", "status");
    this.element.replaceChildren(make("section.card", {}, status));
    try {
      const path = `/v1/heatmap?metric=${encodeURIComponent(metric.name)}&opacity=1`;
      const response = await post(path, [["reference", reference.file], ["image", file]]);
      const highest = Number(response.headers.get("X-DreamSim-Highest"));
      const map = URL.createObjectURL(await response.blob());
      this.draw(metric, { image: others.url(file), reference: reference.url(reference.file) }, file.name, map, highest);
    } catch (error) {
      say(status, error.message, true);
    }
  }

  draw(metric, urls, name, map, highest) {
    const base = make("img", { src: urls.image, alt: `${name} under the map of differences` });
    const layer = make("img", { src: map, alt: "" });
    layer.style.opacity = 0.6;
    const slider = make("input", { type: "range", min: 0, max: 100, value: 60, id: "map-opacity", oninput: () => { layer.style.opacity = slider.value / 100; } });
    const under = (title, url, checked) => make("label.chip", {},
      make("input", { type: "radio", name: "map-base", checked, onchange: () => { base.src = url; } }), title);
    const heading = make("h2", { tabIndex: -1 }, `Where ${name} differs, by ${metric.name}`);
    this.element.replaceChildren(make("section.card.viewer", {},
      make("div", {}, heading, make("p.meaning", {}, "Brighter places contribute more to the difference. The map says where a metric sees a difference, not why; for models each place also reflects its surroundings.")),
      make("div.stack", {}, base, layer),
      make("div.controls", {},
        make("div.row", {}, make("label", { for: "map-opacity" }, "How much of the map"), slider),
        make("div.row", {}, make("span", {}, "Over"), under(name, urls.image, true), under("the reference", urls.reference, false)),
        make("div.scale", {}, make("span", {}, "0, no difference"), make("i"), make("span", {}, number(highest))))));
    heading.focus({ preventScroll: true });
    this.element.scrollIntoView({ block: "start", behavior: "smooth" });
  }
}
