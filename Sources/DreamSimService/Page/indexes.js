// Which of the service's indexes is looked into.

import { getJSON } from "./api.js";
import { fill, h } from "./elements.js";

/** The name of the index that was chosen, which all views share; null for the service's first. */
let chosen = null;

/**
 * A choice among the indexes of the service, which is not there where there is only one.
 * @param onChoose - told that another is chosen.
 */
export function indexChoice(onChoose) {
  const element = h("div", { cls: "controls" });
  return {
    element,
    /** Asks which there are. */
    async load() {
      const { indexes } = await getJSON("/v1/indexes");
      // After the service has read its settings anew the one that was chosen may be gone.
      if (!indexes.some((index) => index.name === chosen)) chosen = indexes[0]?.name ?? null;
      fill(element, indexes.length < 2 ? null : h("label", { cls: "field" }, "Index",
        h("select", { onchange: (event) => { chosen = event.target.value; onChoose(); } },
          indexes.map(({ name, error }) => h("option", { value: name, selected: name === chosen }, error ? `${name} (cannot be used)` : name)))));
    },
    /** A path of the index that is chosen. */
    at: (path = "") => `/v1/indexes/${encodeURIComponent(chosen)}${path}`,
    /** Its name, as far as that has to be said. */
    get name() { return element.hasChildNodes() ? chosen : null; },
  };
}
