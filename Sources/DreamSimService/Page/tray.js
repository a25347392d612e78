// The images that were taken in to be compared: the reference first, ways to change which it is, to remove some and to add more.

import { dropZone, view } from "./drop.js";
import { fill, h } from "./elements.js";

/** Very many would push what is found about them out of sight. */
const most = 12;

/**
 * Shows images in their tray.
 * @param on - `lead` and `remove` are told an image, `add` files, and `clear` nothing.
 */
export function showTray(tray, images, on) {
  const focused = document.activeElement?.closest?.("[data-image]")?.dataset.image;
  const wasChoosing = tray.contains(document.activeElement) && document.activeElement.type === "file";
  const isEmpty = images.length === 0;
  tray.classList.toggle("full", images.length > most);
  fill(tray,
    images.map((image, index) => h("figure", { cls: index === 0 ? "tile reference" : "tile", "data-image": image.name },
      h("div", { cls: "image" }, view(image)),
      h("figcaption", {}, h("span", { cls: "name", title: image.name }, image.name),
        index === 0 ? h("span", { cls: "badge" }, "reference")
          : h("button", { type: "button", cls: "quiet", onclick: () => on.lead(image), "aria-label": `Use ${image.name} as reference` }, "use as reference"),
        h("button", { type: "button", cls: "quiet remove", onclick: () => on.remove(image), "aria-label": `Remove ${image.name}` }, "×")))),
    dropZone({
      title: isEmpty ? "Drop two or more images or a folder, or choose them" : "Add images",
      hint: isEmpty ? "Pasting works too. JPEG, PNG, WebP, GIF, TIFF, HEIC and AVIF." : null,
      onFiles: on.add, isSmall: !isEmpty,
    }),
    images.length > 1 ? h("button", { type: "button", cls: "quiet clear", onclick: on.clear }, "Remove all") : null);
  if (focused) tray.querySelector(`[data-image="${CSS.escape(focused)}"] button`)?.focus();
  if (wasChoosing) tray.querySelector(".zone input").focus();
}
