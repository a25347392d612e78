// The images of the index that look most like another, page by page.

import { Work, getJSON, isAbort, postJSON, show } from "./api.js";
import { checkSize, drop, dropZone, fitting, take, view } from "./drop.js";
import { announce, dialog, fill, h, notice, pager, progress, tell } from "./elements.js";
import { indexChoice } from "./indexes.js";
import { bytes, distance, format, number, plural } from "./numbers.js";
import { takeAway } from "./table.js";

const size = 24;
/** The most images that are searched for together. */
const most = 16;
/** The most results that are saved. */
const mostSaved = 1000;
/** The longer side in pixels up to which the service shows a file of an index. */
const largest = 4096;

export function searchView(context) {
  const work = new Work();
  let queries = [];
  /** The number of the image of the index that is searched for, in place of `queries`. */
  let known = null;
  let offset = 0;

  const about = h("p", { cls: "lead" });
  const index = indexChoice(async () => {
    // A number is one of the other index.
    known = null;
    await open();
    begin();
  });
  const tray = h("div", { cls: "tray" });
  const state = h("div", { cls: "state" });
  const results = h("div", {});
  const element = h("section", {}, h("h1", { tabindex: "-1" }, "Find similar images"), about, index.element, tray, state, results);

  async function open() {
    try {
      await index.load();
      const { images, failures, model, isSearchable } = await getJSON(index.at());
      about.textContent = `${plural(images, "image")} in the index${index.name ? ` ‘${index.name}’` : ""}, seen by ${model.model}`
        + `${failures > 0 ? `; ${plural(failures, "file")} could not be read` : ""}. Give one image, or several for what they have in common.`;
      if (!isSearchable) fill(state, h("p", { cls: "notice" }, `The index was made with ${model.model}, which is not loaded: only images that it holds can be searched for.`));
      showTray();
    } catch (error) {
      fill(state, notice(error, open));
    }
  }

  function add(files) {
    known = null;
    for (const file of fitting(files, most - queries.length, `${most} images at most are searched for together`)) queries.push(take(file, queries));
    begin();
  }

  function begin() {
    offset = 0;
    showTray();
    search();
  }

  function showTray() {
    const wasChoosing = tray.contains(document.activeElement) && document.activeElement.type === "file";
    fill(tray,
      known ? h("figure", { cls: "tile" }, h("div", { cls: "image" }, thumbnail(known)),
        h("figcaption", {}, h("span", { cls: "name", title: known.image }, last(known.image)), h("span", { cls: "badge" }, "of the index"),
          h("button", { type: "button", cls: "quiet remove", "aria-label": "Remove the image searched for", onclick: () => { known = null; begin(); } }, "×"))) : null,
      queries.map((image) => h("figure", { cls: "tile" }, h("div", { cls: "image" }, view(image)),
        h("figcaption", {}, h("span", { cls: "name", title: image.name }, image.name),
          h("button", { type: "button", cls: "quiet remove", "aria-label": `Remove ${image.name}`, onclick: () => { queries = queries.filter((other) => other !== image); drop(image); begin(); } }, "×")))),
      dropZone({
        title: queries.length === 0 && !known ? "Drop an image to search for, or choose it" : "Add images",
        hint: queries.length === 0 && !known ? "Pasting works too." : null, onFiles: add, isSmall: queries.length > 0 || Boolean(known),
      }));
    if (wasChoosing) tray.querySelector(".zone input").focus();
  }

  async function search() {
    work.stop();
    fill(state);
    if (queries.length === 0 && !known) {
      fill(results);
      return;
    }
    const line = progress("Searching…", () => { work.stop(); fill(state); });
    fill(state, line.element);
    const signal = work.start();
    try {
      checkSize(queries, context.service.limits.bodyBytes);
      const found = await page(size, offset, signal);
      fill(state);
      showResults(found);
    } catch (error) {
      if (!isAbort(error)) fill(state, notice(error, search));
    } finally {
      line.end();
    }
  }

  /** Some of the results. */
  function page(count, from, signal = null) {
    const part = `count=${count}&offset=${from}`;
    return known ? getJSON(index.at(`/search?id=${known.id}&${part}`), { signal })
      : postJSON(index.at(`/search?${part}&mean=${queries.length > 1}`), queries.map((image) => ["image", image]), { signal });
  }

  /** More results than are shown, for a file. */
  async function many() {
    const found = await page(mostSaved, 0);
    if (found.images > mostSaved) tell(`The first ${mostSaved.toLocaleString("en")} of ${plural(found.images, "image")} are in the file.`);
    return found;
  }

  async function rows() {
    const found = await many();
    const [{ query, results: entries }] = found.searches;
    return [["query", "rank", "id", "image", found.metrics[0].name, "width", "height", "bytes"],
      ...entries.map((entry) => [known?.image ?? query, entry.rank, entry.id, entry.image, distance(entry), entry.width, entry.height, entry.bytes])];
  }

  function showResults(found) {
    const entries = found.searches[0]?.results ?? [];
    // The image that was searched for by its number is not among its own results.
    const total = Math.min(found.images - (known ? 1 : 0), 10000 + size);
    const pages = () => pager(offset, size, total, (next) => { offset = next; search().then(() => results.querySelector(".gallery a, .gallery button")?.focus()); });
    fill(results,
      found.failures.map((failure) => notice({ title: `${failure.image} was left out`, detail: failure.error })),
      h("div", { cls: "heading" }, h("h2", {}, known ? "More like it" : "Most similar first"),
        h("p", { cls: "soft" }, `Distance by ${found.metrics[0].name}: 0 is the same, larger is less similar.`)),
      h("ol", { cls: "gallery", start: String(offset + 1) }, entries.map(card)),
      pages(),
      takeAway("search", rows, { whole: many }));
    announce(`Results ${offset + 1} to ${offset + entries.length} of ${total}.`);
  }

  function thumbnail(entry, side = 256) {
    const image = h("img", { alt: last(entry.image), loading: "lazy", decoding: "async" });
    image.addEventListener("error", () => image.replaceWith(h("span", { cls: "no-preview" }, "The file is not there any more, or cannot be read.")), { once: true });
    show(image, `${entry.thumbnail}?side=${side}`).catch(() => image.dispatchEvent(new Event("error")));
    return image;
  }

  function card(entry) {
    return h("li", {}, h("button", { type: "button", cls: "card", onclick: () => look(entry), "aria-label": `${last(entry.image)}, place ${entry.rank}, distance ${format(number(distance(entry)))}` },
      h("span", { cls: "image" }, thumbnail(entry)),
      h("span", { cls: "card-foot" }, h("span", { cls: "name" }, last(entry.image)), h("span", { cls: "figure" }, format(number(distance(entry)))))));
  }

  function look(entry) {
    const place = h("div", { cls: "large", role: "group", "aria-label": "The image" }, thumbnail(entry, 1024));
    const longer = Math.max(entry.width, entry.height);
    const scale = Math.min(1, largest / longer);
    const box = dialog(last(entry.image), place,
      h("dl", {}, [["Place", String(entry.rank)], ["Distance", format(number(distance(entry)))], ["Size", `${entry.width} × ${entry.height} pixels, ${bytes(entry.bytes)}`], ["File", entry.image]]
        .map(([name, text]) => h("div", {}, h("dt", {}, name), h("dd", {}, text)))),
      h("div", { cls: "choices" },
        h("button", {
          type: "button", cls: "primary", onclick: () => {
            box.close();
            queries.forEach(drop);
            queries = [];
            known = entry;
            begin();
          },
        }, "More like this one"),
        h("button", {
          type: "button", "aria-pressed": "false", onclick: (event) => {
            const isWhole = place.classList.toggle("whole");
            event.target.setAttribute("aria-pressed", String(isWhole));
            // What is larger than the box is moved about by keys as well.
            if (isWhole) place.tabIndex = 0; else place.removeAttribute("tabindex");
            fill(place, thumbnail(entry, isWhole ? largest : 1024));
          },
        }, scale === 1 ? "Original size" : `As large as the service shows it (${Math.round(entry.width * scale).toLocaleString("en")} × ${Math.round(entry.height * scale).toLocaleString("en")})`)));
  }

  return { id: "search", title: "Search", element, take: add, open, needs: ["hasIndex", "There is no index to search", "Make one with ‘dreamsim index DIR --index FOLDER’ and start the service with ‘--index FOLDER’."] };
}

/** The name of a file without its folders. */
export const last = (path) => path.split("/").pop();
