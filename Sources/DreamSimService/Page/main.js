// The page's frame: which view is shown, the token, and what the service has.

import { json, onToken, setToken } from "./api.js";
import * as compare from "./compare.js";
import { byId } from "./dom.js";
import * as duplicates from "./duplicates.js";
import * as evaluations from "./evaluations.js";
import * as search from "./search.js";
import * as vote from "./vote.js";

const views = { compare, vote, search, duplicates, evaluations };

function show() {
  const name = location.hash.slice(1) in views ? location.hash.slice(1) : "compare";
  for (const section of document.querySelectorAll("[data-view]")) section.hidden = section.id !== name;
  for (const link of document.querySelectorAll("#tabs a")) {
    if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${name[0].toUpperCase()}${name.slice(1)} – DreamSim`;
  views[name].show?.();
}

function notice(text) {
  byId("notice").textContent = text;
  byId("notice").hidden = !text;
}

/** Asks until models are loaded. */
async function begin() {
  try {
    const { metrics } = await json("/v1/metrics");
    notice("");
    byId("token").hidden = true;
    compare.setMetrics(metrics.filter((metric) => metric.state === "loaded"));
    show();
  } catch (error) {
    if (error.status === 401) return;
    notice(error.message);
    setTimeout(begin, 2000);
  }
}

onToken(() => {
  byId("token").hidden = false;
  byId("token-text").focus();
});
byId("token").addEventListener("submit", (event) => {
  event.preventDefault();
  setToken(byId("token-text").value.trim());
  begin();
});
for (const view of Object.values(views)) view.start();
window.addEventListener("hashchange", () => {
  show();
  byId("content").focus();
});
show();
begin();
