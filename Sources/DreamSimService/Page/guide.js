// What the page can do, for those who have not given it any images yet, and three drawn ones to try it with.

import { h } from "./elements.js";

const [width, height] = [480, 360];

/** A hilly landscape at dusk, or moved and lit otherwise. */
function landscape(context, { shift = 0, sky = ["#2b3a67", "#f2a65a"], ground = ["#6b5b95", "#3d4f6b", "#1f2f3d"] } = {}) {
  const light = context.createLinearGradient(0, 0, 0, height * 0.7);
  sky.forEach((color, place) => light.addColorStop(place, color));
  context.fillStyle = light;
  context.fillRect(0, 0, width, height);
  context.fillStyle = "#fff1cf";
  context.beginPath();
  context.arc(330 + shift, 130, 34, 0, 2 * Math.PI);
  context.fill();
  ground.forEach((color, layer) => {
    context.fillStyle = color;
    context.beginPath();
    context.moveTo(0, height);
    for (let x = 0; x <= width; x += 4) {
      context.lineTo(x, 190 + 50 * layer + 26 * Math.sin((x - shift) / (62 - 14 * layer) + 2 * layer) + 12 * Math.sin((x - shift) / 23 + layer));
    }
    context.lineTo(width, height);
    context.fill();
  });
}

/** Something else altogether: colored tiles. */
function tiles(context) {
  for (let row = 0; row < 6; row++) {
    for (let column = 0; column < 8; column++) {
      context.fillStyle = `hsl(${(row * 67 + column * 43) % 360} 62% ${38 + (row * 5 + column * 3) % 4 * 10}%)`;
      context.fillRect(column * 60, row * 60, 57, 57);
    }
  }
}

const drawings = [
  ["landscape.png", (context) => landscape(context)],
  ["landscape-moved.png", (context) => landscape(context, { shift: 16, sky: ["#33406b", "#f4b26b"] })],
  ["tiles.png", tiles],
];

/** Three drawn images: one, the same a little changed, and another. */
const drawn = () => Promise.all(drawings.map(([name, draw]) => {
  const canvas = h("canvas", { width, height });
  draw(canvas.getContext("2d"));
  return new Promise((resolve) => canvas.toBlob((blob) => resolve(new File([blob], name, { type: "image/png" })), "image/png"));
}));

/** What to do and how to read what comes, with drawn images for those who have none at hand. */
export function guide(onFiles) {
  const step = (title, ...content) => h("li", {}, h("h2", {}, title), ...content);
  return h("section", { cls: "guide", "aria-label": "How it works" },
    h("ol", {},
      step("Add images", h("p", {}, "The first is the reference. The others are ranked by their distance to it; all pairs of them can be compared as well.")),
      step("Read the numbers",
        h("div", { cls: "guide-scale", "aria-hidden": "true" }, h("i", {}), h("span", {}, "0, the same"), h("span", {}, "less similar")),
        h("p", {}, "A distance of 0 means identical images; a larger one means less similar images. The page marks similarities, which run the other way.")),
      step("See where they differ", h("p", {}, "A heat map lies over either image. In ‘Vote’ you judge first, and then see the choices of the metrics."))),
    h("p", { cls: "guide-try" }, "No images at hand? ",
      h("button", { type: "button", onclick: async () => onFiles(await drawn()) }, "Try three drawn ones")));
}
