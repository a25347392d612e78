// The most alike of an index, page by page.

import { json, pictureURL, post } from "./api.js";
import { byId, make, number, pager, picture, say } from "./dom.js";
import { Slot } from "./slots.js";

const perPage = 24;
let slot, query, offset = 0, total = 0, setPager;

export function start() {
  slot = new Slot("Image", { hint: "Drop or paste one image here", changed: () => { byId("search-go").disabled = !slot.file; } });
  byId("search-slots").append(slot.element);
  byId("search-go").addEventListener("click", () => search({ file: slot.file }));
  setPager = pager(byId("search-pager"), (step) => turn(offset + step * perPage));
}

/** Called when the view is shown. */
export async function show() {
  try {
    const index = await json("/v1/index");
    total = index.images;
    byId("search-lead").textContent = `Drop, paste or choose an image to find the most alike of ${total.toLocaleString()} images, as ${index.model.model} sees them.`
      + (index.isSearchable ? "" : " Its model is not loaded: only images of the index itself can be searched for.");
    say(byId("search-status"), "");
  } catch (error) {
    say(byId("search-status"), error.message, true);
  }
}

function search(what) {
  query = what;
  return turn(0);
}

async function turn(place) {
  const status = byId("search-status");
  say(status, "Searching…");
  const paging = `count=${perPage}&offset=${place}`;
  try {
    const answer = query.id ? await json(`/v1/search?id=${query.id}&${paging}`) : await (await post(`/v1/search?${paging}`, [["image", query.file]])).json();
    offset = place;
    const results = answer.searches[0].results;
    say(status, results.length ? `Distance: 0 is the same, ${answer.direction}.` : "Nothing more was found.");
    byId("search-results").replaceChildren(...results.map(card));
    setPager(`${offset + 1} to ${offset + results.length} of ${total.toLocaleString()}`, offset > 0, results.length === perPage && offset + perPage <= 10000);
  } catch (error) {
    say(status, error.message, true);
  }
}

function card(entry) {
  const name = entry.image.split("/").at(-1);
  return make("figure", { title: entry.image }, picture(pictureURL(entry.thumbnail), name),
    make("figcaption", {}, make("div.value", {}, `${entry.rank}. ${number(entry.distance)}`), make("div", {}, name), make("div", {}, `${entry.width} × ${entry.height}`)),
    make("button", { type: "button", "aria-label": `Find images like ${name}`, onclick: () => search({ id: entry.id }) }, "More like this"));
}
