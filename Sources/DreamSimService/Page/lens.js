// Zooming and moving some frames together, with a pointer, the wheel or keys.

import { h } from "./elements.js";

const most = 32;
const step = 1.5;
/** How near the divider is to be for it to be what is dragged, in pixels. */
const reach = 24;

/**
 * Makes frames one lens; where it stands is set as properties of their stage.
 * @param at - `zoom`, `x` and `y`, which are kept up to date; x and y in hundredths of a frame.
 * @param divider - gives what moves the divider between the images, where there is one.
 * @returns the controls.
 */
export function lens(stage, frames, at, divider) {
  const level = h("output", { cls: "value" });
  const smaller = h("button", { type: "button", "aria-label": "Zoom out", onclick: () => zoomTo(at.zoom / step) }, "−");
  const larger = h("button", { type: "button", "aria-label": "Zoom in", onclick: () => zoomTo(at.zoom * step) }, "+");

  function set() {
    const room = 50 * Math.max(0, at.zoom - 1);
    [at.x, at.y] = [at.x, at.y].map((value) => Math.min(room, Math.max(-room, value)));
    stage.style.setProperty("--zoom", at.zoom);
    stage.style.setProperty("--x", `${at.x}%`);
    stage.style.setProperty("--y", `${at.y}%`);
    stage.toggleAttribute("data-zoomed", at.zoom > 1);
    // Where a pixel of the image takes several of the screen, it is shown as it is.
    stage.toggleAttribute("data-pixels", at.zoom * fitted() >= 2);
    level.textContent = `${Number(at.zoom.toPrecision(2))}×`;
    larger.ariaDisabled = String(at.zoom >= most);
    smaller.ariaDisabled = String(at.zoom <= least());
  }

  /** How many pixels of the screen a pixel of the reference takes when all of it is seen. */
  function fitted() {
    const image = frames[0].querySelector("img");
    if (!image?.naturalWidth || !frames[0].clientWidth) return 1;
    return Math.min(frames[0].clientWidth / image.naturalWidth, frames[0].clientHeight / image.naturalHeight);
  }

  const least = () => Math.min(1, 1 / fitted());

  /** Zooms so that a point of the frames, in hundredths from their middle, stays where it is. */
  function zoomTo(zoom, x = 0, y = 0) {
    const next = Math.min(most, Math.max(least(), Math.abs(zoom - 1) < 0.01 ? 1 : zoom));
    [at.x, at.y] = [x - (x - at.x) * next / at.zoom, y - (y - at.y) * next / at.zoom];
    at.zoom = next;
    set();
  }

  function moveBy(x, y) {
    at.x += x;
    at.y += y;
    set();
  }

  function place(event, frame) {
    const box = frame.getBoundingClientRect();
    return [100 * ((event.clientX - box.x) / box.width - 0.5), 100 * ((event.clientY - box.y) / box.height - 0.5), box];
  }

  for (const frame of frames) {
    frame.addEventListener("dblclick", (event) => zoomTo(at.zoom > 1 ? 1 : 3, ...place(event, frame).slice(0, 2)));
    frame.addEventListener("wheel", (event) => {
      // The wheel alone scrolls the page; fingers on a pad that move apart come with Control.
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      zoomTo(at.zoom * Math.exp(-event.deltaY / 200), ...place(event, frame).slice(0, 2));
    }, { passive: false });
    frame.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      const [x, , box] = place(event, frame);
      const move = divider();
      const isDivider = move && (at.zoom <= 1 || Math.abs(x + 50 - move()) * box.width / 100 < reach);
      if (!isDivider && at.zoom <= 1) return;
      event.preventDefault();
      stage.focus({ preventScroll: true });
      frame.setPointerCapture(event.pointerId);
      let before = event;
      const drag = (next) => {
        if (isDivider) move(place(next, frame)[0] + 50);
        else moveBy(100 * (next.clientX - before.clientX) / box.width, 100 * (next.clientY - before.clientY) / box.height);
        before = next;
      };
      if (isDivider) drag(event);
      frame.addEventListener("pointermove", drag);
      frame.addEventListener("lostpointercapture", () => frame.removeEventListener("pointermove", drag), { once: true });
    });
  }

  stage.addEventListener("keydown", (event) => {
    if (event.target !== stage || event.ctrlKey || event.metaKey || event.altKey) return;
    const arrows = { ArrowLeft: [10, 0], ArrowRight: [-10, 0], ArrowUp: [0, 10], ArrowDown: [0, -10] };
    if (event.key === "+" || event.key === "=") zoomTo(at.zoom * step);
    else if (event.key === "-") zoomTo(at.zoom / step);
    else if (event.key === "0") zoomTo(1);
    else if (arrows[event.key] && at.zoom > 1) moveBy(...arrows[event.key]);
    else return;
    event.preventDefault();
  });
  frames[0].querySelector("img")?.addEventListener("load", set);
  set();
  return h("div", { cls: "zoom", role: "group", "aria-label": "Zoom" }, smaller, level, larger,
    h("button", { type: "button", onclick: () => zoomTo(1) }, "Fit"),
    h("button", { type: "button", title: "One pixel of the reference for each of the screen", onclick: () => zoomTo(1 / fitted()) }, "Pixels"));
}
