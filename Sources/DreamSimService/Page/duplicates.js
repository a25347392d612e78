// Images that the index holds more than once, side by side.

import { Work, ask, isAbort, show } from "./api.js";
import { announce, fill, h, notice, pager, progress, segments } from "./elements.js";
import { indexChoice } from "./indexes.js";
import { bytes, distance, format, number, plural } from "./numbers.js";
import { last } from "./search.js";
import { takeAway } from "./table.js";

const size = 10;
const tiers = [["identical-pixels", "Same pixels"], ["re-encoded", "Re-encoded"], ["near", "Nearly the same"], ["scene", "Same scene"]];
const closest = { "identical-bytes": "same file" };

export function duplicatesView() {
  const work = new Work();
  let tier = "re-encoded";
  let offset = 0;
  const index = indexChoice(() => { offset = 0; search(); });
  const state = h("div", { cls: "state" });
  const results = h("div", {});
  const element = h("section", {}, h("h1", { tabindex: "-1" }, "Duplicates"),
    h("p", { cls: "lead" }, "Groups of duplicate images in the index. Nothing is deleted here."), index.element,
    h("div", { cls: "controls" }, segments("Kind of duplicate", tiers, tier, (value) => { [tier, offset] = [value, 0]; search(); })),
    state, results);

  async function open() {
    try {
      await index.load();
      search();
    } catch (error) {
      fill(state, notice(error, open));
    }
  }

  async function search() {
    const signal = work.start();
    const line = progress("Looking for duplicates…", () => {
      work.stop();
      fill(state, h("p", { cls: "soft" }, "Stopped. "), h("button", { type: "button", onclick: search }, "Continue"));
    });
    fill(state, line.element);
    try {
      for (;;) {
        const response = await ask(index.at(`/duplicates?tier=${tier}&count=${size}&offset=${offset}`), { signal });
        const answer = await response.json();
        if (response.status !== 202) {
          fill(state);
          showResults(answer);
          return;
        }
        line.update(answer.done, answer.total, answer.total > 0 ? `Looking for duplicates: ${answer.done.toLocaleString("en")} of ${answer.total.toLocaleString("en")} images…` : null);
        await new Promise((resolve) => setTimeout(resolve, 1000));
        signal.throwIfAborted();
      }
    } catch (error) {
      if (!isAbort(error)) fill(state, notice(error, search));
    } finally {
      line.end();
    }
  }

  /** All groups, for a file. */
  async function all() {
    const portion = 200;
    let found = null;
    do {
      const response = await ask(index.at(`/duplicates?tier=${tier}&count=${portion}&offset=${found?.groups.length ?? 0}`));
      if (response.status === 202) throw new Error("the search has begun anew; wait until it is done");
      const part = await response.json();
      found = found ? { ...found, groups: [...found.groups, ...part.groups] } : part;
      if (part.groups.length === 0) break;
    } while (found.groups.length < found.groupCount);
    return found;
  }

  async function rows() {
    const found = await all();
    return [["group", "keep", "image", "tier", "evidence", "bits", "orientation", "link", found.metrics[0].name, "width", "height", "bytes", "format"],
      ...found.groups.flatMap((group, at) => group.files.map((file, place) => [
        at + 1, place === 0, file.image, file.tier, file.evidence, file.hash?.bits, file.hash?.orientation, file.isLink, distance(file),
        file.width, file.height, file.bytes, file.format]))];
  }

  function showResults(found) {
    const words = found.groupCount === 0
      ? `No duplicates among ${plural(found.images, "image")}.`
      : `${plural(found.groupCount, "group")} among ${plural(found.images, "image")}. Removing ${plural(found.duplicates, "duplicate")} would save ${bytes(found.bytes)}.`;
    fill(results, h("h2", {}, words),
      found.groups.map((group, index) => h("article", { cls: "group" },
        h("div", { cls: "heading" }, h("h3", {}, `Group ${offset + index + 1}: ${title(group.tier)}`),
          h("span", { cls: "soft" }, `largest distance in the group ${format(number(group.diameter))}`)),
        h("ul", { cls: "side-by-side", tabindex: "0", "aria-label": `The images of group ${offset + index + 1}` }, group.files.map((file, place) => card(file, place))))),
      pager(offset, size, found.groupCount, (next) => { offset = next; search(); }),
      found.groupCount > 0 ? takeAway("duplicates", rows, { command: `dreamsim dedupe --tier ${tier}`, whole: all }) : null,
      h("details", { cls: "soft" }, h("summary", {}, "What counts as a duplicate"),
        h("ul", {}, found.rules.map((rule) => h("li", {}, rule))),
        h("p", {}, `Distances by ${found.metrics[0].name}: 0 is the same, larger is less similar.`)));
    announce(words);
  }

  /** What shows that a file belongs to the one to keep. */
  function reason(file) {
    if (file.evidence !== "hash") return file.evidence === "model" ? `distance ${format(number(distance(file)))}` : `the same ${file.evidence}`;
    const turned = file.hash.orientation === "as-is" ? "" : `, ${file.hash.orientation.replaceAll("-", " ")}`;
    return `hashes differ in ${plural(file.hash.bits, "bit")}${turned}`;
  }

  const title = (name) => closest[name] ?? tiers.find(([value]) => value === name)?.[1].toLowerCase() ?? name;

  function card(file, place) {
    const image = h("img", { alt: last(file.image), loading: "lazy", decoding: "async" });
    image.addEventListener("error", () => image.replaceWith(h("span", { cls: "no-preview" }, "The file is not there any more, or cannot be read.")), { once: true });
    show(image, `${file.thumbnail}?side=512`).catch(() => image.dispatchEvent(new Event("error")));
    return h("li", {}, h("div", { cls: "image" }, image),
      h("p", { cls: "name", title: file.image }, last(file.image)),
      h("p", { cls: "soft" }, `${file.width} × ${file.height}, ${file.format}, ${bytes(file.bytes)}`),
      h("p", { cls: "soft" }, place === 0 ? "the one to keep" : `${title(file.tier)}, ${reason(file)}${file.isLink ? ", a link" : ""}`));
  }

  return {
    id: "duplicates", title: "Duplicates", element, open,
    needs: ["hasIndex", "There is no index to look through", "Make one with ‘dreamsim index DIR --index FOLDER’ and start the service with ‘--index FOLDER’."],
  };
}
