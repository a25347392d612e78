// Taking images in: files that are chosen, dropped or pasted.

import { Refusal } from "./api.js";
import { h, tell, unique, untell } from "./elements.js";
import { plural } from "./numbers.js";

const suffixes = /\.(avif|bmp|gif|heic|heif|jfif|jpe?g|png|tiff?|webp)$/i;

/** A name that none of some other images has, so that answers can be told apart. */
function nameOf(file, others) {
  const names = new Set(others.map((image) => image.name));
  const base = (file.name || "pasted.png").replace(/[\\/"%\u0000-\u001f\u007f]/g, "_").slice(-120);
  for (let count = 1; ; count++) {
    const name = count === 1 ? base : base.replace(/(\.[^.]*)?$/, ` (${count})$1`);
    if (!names.has(name)) return name;
  }
}

/** An image that is taken in beside others. */
export function take(file, others) {
  return { file, name: nameOf(file, others), url: URL.createObjectURL(file), width: 0, height: 0, canBeShown: true };
}

/** Removes an image. */
export function drop(image) {
  URL.revokeObjectURL(image.url);
}

/** Those of some files that are images. */
export function images(files) {
  const all = [...files];
  const good = all.filter((file) => file.type.startsWith("image/") || suffixes.test(file.name));
  untell();
  const others = all.filter((file) => !good.includes(file));
  if (others.length > 0) {
    tell(others.length === 1 ? `‘${others[0].name}’ was passed over: it is no image.` : `${plural(others.length, "file")} were passed over: they are no images.`);
  }
  return good;
}

/** The most files that are taken of folders. */
const mostFiles = 2000;

/** Takes as many of some files as there is room for, and says when that is not all. */
export function fitting(files, room, most) {
  if (files.length <= room) return files;
  const taken = Math.max(0, room);
  tell(`${taken} of ${plural(files.length, "image")} ${taken === 1 ? "was" : "were"} taken: ${most}.`);
  return files.slice(0, taken);
}

/** The files of a drop, those in its folders too, in the order of their paths. */
async function dropped(transfer) {
  // Both are gone as soon as anything is awaited.
  const files = [...transfer.files];
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return files;
  const found = [];
  const walk = async (entry) => {
    if (found.length >= mostFiles || entry.name.startsWith(".")) return;
    if (entry.isFile) {
      found.push(await new Promise((resolve, reject) => entry.file(resolve, reject)));
      return;
    }
    const reader = entry.createReader();
    const inside = [];
    // A reader gives a hundred at a time, and nothing at the end.
    for (;;) {
      const part = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (part.length === 0) break;
      inside.push(...part);
    }
    inside.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
    for (const other of inside) await walk(other);
  };
  for (const entry of entries) await walk(entry);
  return found;
}

/** Takes the images of a drop. */
async function takeDrop(transfer, onFiles) {
  let files;
  try {
    files = await dropped(transfer);
  } catch (error) {
    tell(`The folder cannot be read: ${error.message}`);
    return;
  }
  const good = images(files);
  if (good.length === 0 && files.length === 0) tell("There are no files in what was dropped.");
  if (files.length >= mostFiles) tell(`The first ${mostFiles.toLocaleString("en")} files of the folders were looked at, and no more.`);
  if (good.length > 0) onFiles(good);
}

/** An image on the page; one that the browser cannot show has its name in its place. */
export function view(image, attributes = {}) {
  const element = h("img", { alt: image.name, decoding: "async", ...attributes });
  element.addEventListener("load", () => {
    [image.width, image.height] = [element.naturalWidth, element.naturalHeight];
  }, { once: true });
  element.addEventListener("error", () => {
    image.canBeShown = false;
    element.replaceWith(h("span", { cls: "no-preview" }, "This browser cannot show the file; the metrics may still read it."));
  }, { once: true });
  element.src = image.url;
  return element;
}

/** A place to drop files on, with a button that chooses them. */
export function dropZone({ title, hint, multiple = true, onFiles, isSmall = false }) {
  const name = unique("files");
  const input = h("input", {
    type: "file", id: name, cls: "unseen", multiple, accept: "image/*,.heic,.heif,.tif,.tiff,.avif",
    onchange: () => {
      const files = images(input.files);
      if (files.length > 0) onFiles(files);
      input.value = "";
    },
  });
  const zone = h("div", { cls: isSmall ? "zone small" : "zone" }, input,
    h("label", { htmlFor: name }, h("span", { cls: "zone-title" }, title), hint ? h("span", { cls: "soft" }, hint) : null));
  acceptDrops(zone, onFiles);
  return zone;
}

/** Lets files be dropped on an element. */
export function acceptDrops(element, onFiles) {
  element.addEventListener("dragover", (event) => {
    event.preventDefault();
    element.classList.add("over");
  });
  element.addEventListener("dragleave", () => element.classList.remove("over"));
  element.addEventListener("drop", (event) => {
    event.preventDefault();
    event.stopPropagation();
    element.classList.remove("over");
    document.getElementById("veil").hidden = true;
    takeDrop(event.dataTransfer, onFiles);
  });
}

/** Takes what is dropped anywhere on the page, and what is pasted. */
export function acceptEverywhere(onFiles) {
  const veil = document.getElementById("veil");
  let depth = 0;
  const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  addEventListener("dragenter", (event) => {
    if (!hasFiles(event)) return;
    depth += 1;
    veil.hidden = false;
  });
  addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    if (depth === 0) veil.hidden = true;
  });
  addEventListener("dragover", (event) => { if (hasFiles(event)) event.preventDefault(); });
  addEventListener("drop", (event) => {
    depth = 0;
    veil.hidden = true;
    if (!hasFiles(event)) return;
    event.preventDefault();
    takeDrop(event.dataTransfer, onFiles);
  });
  addEventListener("paste", (event) => {
    const files = images(event.clipboardData?.files ?? []);
    if (files.length === 0) return;
    event.preventDefault();
    onFiles(files);
  });
}

/** Says in words that images are too large, before they are sent. */
export function checkSize(images, limit) {
  const size = images.reduce((sum, image) => sum + image.file.size, 0);
  if (size < limit) return;
  throw new Refusal("The images are too large", `together they have ${Math.round(size / 1e6)} MB, and the service takes ${Math.round(limit / 1e6)} MB at a time`, "choose smaller files");
}
