// Images that an index holds more than once, side by side.

import { patient, pictureURL } from "./api.js";
import { byId, count, make, number, pager, picture, say } from "./dom.js";

const perPage = 20;
let offset = 0, setPager;

export function start() {
  byId("duplicates-go").addEventListener("click", () => find(0));
  setPager = pager(byId("duplicates-pager"), (step) => find(offset + step * perPage));
}

async function find(from) {
  const [status, bar, button] = ["status", "progress", "go"].map((name) => byId(`duplicates-${name}`));
  say(status, "Looking…");
  button.disabled = true;
  try {
    const tier = byId("duplicates-tier").value;
    const answer = await patient(`/v1/duplicates?tier=${tier}&count=${perPage}&offset=${from}`, ({ done, total }) => {
      bar.hidden = false;
      if (total > 0) { bar.max = total; bar.value = done; }
      say(status, total > 0 ? `${done.toLocaleString()} of ${total.toLocaleString()} images compared with all others` : "Waiting…");
    });
    offset = from;
    say(status, answer.groupCount ? `${count(answer.groupCount, "group")} among ${count(answer.images, "image")}; beside the best copies ${count(answer.duplicates, "file")} of ${(answer.bytes / 1e6).toFixed(1)} MB.` : `None among ${count(answer.images, "image")}.`);
    byId("duplicates-results").replaceChildren(...answer.groups.map((group, place) => card(group, offset + place + 1)));
    setPager(`${offset + 1} to ${offset + answer.groups.length} of ${answer.groupCount}`, offset > 0, offset + perPage < answer.groupCount);
  } catch (error) {
    say(status, error.message, true);
  } finally {
    bar.hidden = true;
    button.disabled = false;
  }
}

function card(group, place) {
  return make("section.card", {},
    make("h2", {}, `Group ${place}: ${count(group.files.length, "file")}`),
    make("p.meaning", {}, `Every two are alike to the tier '${group.tier}' or closer; largest distance ${number(group.diameter)}. 0 is the same, lower is more alike. The first copy is the best by size.`),
    make("div.gallery", {}, ...group.files.map((file, index) => make("figure", { title: file.image },
      picture(pictureURL(file.thumbnail), file.image.split("/").at(-1)),
      make("figcaption", {}, make("div.value", {}, index ? `${number(file.distance)} · ${file.tier}` : "best copy"),
        make("div", {}, file.image), make("div", {}, `${file.width} × ${file.height}, ${Math.max(1, Math.round(file.bytes / 1000)).toLocaleString()} kB, ${file.format}`))))));
}
