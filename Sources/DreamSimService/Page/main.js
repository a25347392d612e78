// The page as a whole: which view is shown, what is loaded, and keys and files that are for all of them.

import { getJSON, onToken } from "./api.js";
import { compareView } from "./compare.js";
import { cutoutView } from "./cutout.js";
import { acceptEverywhere } from "./drop.js";
import { duplicatesView } from "./duplicates.js";
import { announce, fill, h, notice, progress, tell, untell } from "./elements.js";
import { reportsView } from "./reports.js";
import { searchView } from "./search.js";
import { askToken } from "./token.js";
import { voteView } from "./vote.js";
import { votingRoomView } from "./voting-room.js";

const makers = [compareView, voteView, searchView, duplicatesView, cutoutView, reportsView, votingRoomView];
const content = document.getElementById("content");
const links = document.getElementById("views");
let views = [];
let current = null;
let isFirst = true;

onToken(askToken);

async function start() {
  try {
    const service = await ready();
    const { metrics } = await getJSON("/v1/metrics");
    const loaded = metrics.filter((metric) => metric.state === "loaded");
    const context = { service, metrics: loaded, profiles: profiles() };
    views = makers.map((make) => make(context));
    fill(links, views.map((view) => h("a", { href: `#${view.id}`, cls: isThere(view, service) ? null : "absent" }, view.title)));
    fill(document.getElementById("about"), `Loaded: ${loaded.map((metric) => metric.name).join(", ")}. ${service.takesChanges
      ? "Images are sent to this service only. It keeps those that other programs add to an index, and nothing of those that this page sends."
      : "Images are sent to this service only, and nothing of them is kept."}`);
    addEventListener("hashchange", () => route(service));
    acceptEverywhere((files) => {
      if (current?.take && isThere(current, service)) current.take(files);
      else tell("This part of the page takes no images; open Compare, Vote or Search.");
    });
    addEventListener("keydown", key);
    route(service);
  } catch (error) {
    fill(content, h("section", {}, h("h1", { tabindex: "-1" }, "DreamSim"), notice(error, start)));
  }
}

/** Waits until models are loaded. */
async function ready() {
  let line = null;
  for (;;) {
    const service = await getJSON("/v1/service");
    if (service.isReady) {
      if (line) {
        line.end();
        announce("The models are loaded.");
      }
      return service;
    }
    if (!line) {
      line = progress("The models are being loaded…", null);
      fill(content, h("section", {}, h("h1", {}, "One moment"), line.element,
        h("p", { cls: "soft" }, "The page continues by itself. The first time their weights are fetched, which can take some minutes.")));
      announce("The models are being loaded.");
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Asks once for what numbers mean, for each size. */
function profiles() {
  const known = new Map();
  return async (resize) => {
    if (!known.has(resize)) {
      const answer = await getJSON(`/v1/profiles${resize ? `?resize=${resize}` : ""}`);
      known.set(resize, Object.fromEntries(answer.profiles.map((profile) => [profile.metric, profile])));
    }
    return known.get(resize);
  };
}

const isThere = (view, service) => !view.needs || service[view.needs[0]];

function route(service) {
  const wanted = location.hash.slice(1);
  // The link that skips to the content is no view.
  if (wanted === "content" && current) return;
  const view = views.find((other) => other.id === wanted) ?? views[0];
  if (view === current) return;
  current = view;
  untell();
  document.title = `${view.title} – DreamSim`;
  for (const link of links.children) {
    if (link.hash === `#${view.id}`) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
  }
  links.querySelector("[aria-current]").scrollIntoView({ block: "nearest", inline: "nearest" });
  if (isThere(view, service)) {
    fill(content, view.element);
    view.open?.();
  } else {
    fill(content, h("section", {}, h("h1", { tabindex: "-1" }, view.title),
      h("div", { cls: "notice" }, h("strong", {}, view.needs[1]), h("p", {}, view.needs[2]))));
  }
  if (!isFirst) content.querySelector("h1")?.focus({ preventScroll: true });
  if (!isFirst) scrollTo(0, 0);
  isFirst = false;
}

function key(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  // Keys belong to what takes text, moves a slider or chooses, and to dialogs.
  if (event.target.closest?.("input, select, textarea, dialog, [role=region], ul[tabindex]")) return;
  if (current?.key?.(event)) event.preventDefault();
}

start();
