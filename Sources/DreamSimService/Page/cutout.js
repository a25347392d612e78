// What stands out in an image, cut out of it, beside the image.

import { Work, isAbort, post } from "./api.js";
import { checkSize, drop, dropZone, fitting, take, view } from "./drop.js";
import { announce, fill, h, notice, progress, segments } from "./elements.js";
import { save } from "./table.js";
import { viewer } from "./viewer.js";

const parts = [["image", "Transparent"], ["mask", "Mask"]];
const suffixes = { image: "cutout", mask: "mask" };

export function cutoutView(context) {
  const work = new Work();
  let image = null;
  let part = "image";
  /** Whether what stands out most is cut out in any case. */
  let takesAnything = false;
  /** What was cut out of the image, by its part. */
  const made = new Map();

  const tray = h("div", { cls: "tray" });
  const choice = h("div", { cls: "controls" });
  const state = h("div", { cls: "state" });
  const result = h("div", {});
  const element = h("section", { cls: "cutout" }, h("h1", { tabindex: "-1" }, "Cut out what stands out"),
    h("p", { cls: "lead" }, "Give an image with a distinct object. It is cut out at full size, transparent around the object or as a mask; look at the edges before you use it."),
    tray, choice, state, result);

  function add(files) {
    const [file] = fitting(files, 1, "one image is cut out at a time");
    remove();
    image = take(file, []);
    changed();
  }

  function remove() {
    if (image) drop(image);
    image = null;
    takesAnything = false;
    for (const { cut } of made.values()) drop(cut);
    made.clear();
  }

  function changed() {
    const wasChoosing = tray.contains(document.activeElement) && document.activeElement.type === "file";
    fill(tray,
      image ? h("figure", { cls: "tile" }, h("div", { cls: "image" }, view(image)),
        h("figcaption", {}, h("span", { cls: "name", title: image.name }, image.name),
          h("button", { type: "button", cls: "quiet remove", "aria-label": `Remove ${image.name}`, onclick: () => { remove(); changed(); } }, "×"))) : null,
      dropZone({
        title: image ? "Another image" : "Drop an image, or choose it", hint: image ? null : "Pasting works too.",
        multiple: false, onFiles: add, isSmall: Boolean(image),
      }));
    fill(choice, image ? segments("Result", parts, part, (value) => { part = value; show(); }) : null);
    if (wasChoosing) tray.querySelector(".zone input").focus();
    show();
  }

  async function show() {
    work.stop();
    fill(state);
    if (!image || !made.has(part)) fill(result);
    if (!image) return;
    const wanted = part;
    if (!made.has(wanted)) {
      const line = progress("Cutting out…", () => {
        work.stop();
        fill(state, h("p", { cls: "soft" }, "Stopped. "), h("button", { type: "button", onclick: show }, "Cut out again"));
      });
      fill(state, line.element);
      try {
        await make(wanted, work.start());
      } catch (error) {
        if (!isAbort(error)) fill(state, told(error));
        return;
      } finally {
        line.end();
      }
    }
    const { cut, percent } = made.get(wanted);
    fill(state);
    fill(result, h("div", { "data-part": wanted }, viewer(image, cut, ["image", suffixes[wanted]]).element),
      h("p", { cls: "soft" }, `The foreground covers ${percent} % of the image.`),
      h("div", { cls: "controls" }, h("button", { type: "button", cls: "primary", onclick: () => { save(cut.file, cut.name); announce("The image was saved."); } }, "Save as PNG")));
    announce(`The ${suffixes[wanted]} is there. The foreground covers ${percent} % of the image.`);
  }

  async function make(wanted, signal) {
    checkSize([image], context.service.limits.bodyBytes);
    const query = new URLSearchParams({ part: wanted });
    if (takesAnything) query.set("least-saliency", "0");
    const response = await post(`/v1/cutout?${query}`, [["image", image]], { signal, headers: { Accept: "image/png" } });
    const name = `${image.name.replace(/\.[^.]*$/, "")}-${suffixes[wanted]}.png`;
    const file = new File([await response.blob()], name, { type: "image/png" });
    made.set(wanted, { cut: take(file, []), percent: Math.round(100 * Number(response.headers.get("X-DreamSim-Coverage"))) });
  }

  /** Why there is no cutout. That nothing stands out is no fault, and can be passed over once. */
  function told(error) {
    if (!error.detail?.includes("nothing stands out")) return notice(error, show);
    return h("div", { cls: "notice", role: "alert" }, h("strong", {}, "Nothing stands out in the image"),
      h("p", {}, "Landscapes, textures and crowds have no foreground. Choose an image with a distinct object."),
      takesAnything ? null : h("button", { type: "button", onclick: () => { takesAnything = true; show(); } }, "Cut out what stands out most"));
  }

  changed();
  return { id: "cutout", title: "Cut out", element, take: add, needs: ["hasCutouts", "This service makes no cutouts", "Start the service with ‘--cutout’; it then loads the detector of what stands out."] };
}
