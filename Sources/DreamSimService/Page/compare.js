// Two or more pictures, and how alike each is to the first.

import { Refusal, Work, isAbort, postJSON } from "./api.js";
import { legend, metricRow, bar } from "./bars.js";
import { dropZone, drop, take, view } from "./drop.js";
import { announce, fill, h, notice, progress } from "./elements.js";
import { heatmapPanel } from "./heatmap.js";
import { format, isMoreAlike, number, plural, scale } from "./numbers.js";

/** How many pictures a request takes, so that much work shows how far it is. */
const together = 8;

export function compareView(context) {
  const work = new Work();
  let images = [];
  let answer = null;
  let chosen = null;
  let resize = "";
  let leader = context.metrics[0].name;
  const wanted = new Set(context.metrics.map((metric) => metric.name));

  const tray = h("div", { cls: "tray" });
  const controls = h("div", { cls: "controls" });
  const state = h("div", {});
  const results = h("div", {});
  const element = h("section", {}, h("h1", { tabindex: "-1" }, "How alike are they?"),
    h("p", { cls: "lead" }, "The first image is the reference; the others are held against it, by every metric that is loaded."),
    tray, controls, state, results);

  function add(files) {
    const room = context.service.limits.images - images.length;
    if (files.length > room) {
      fill(state, notice(new Refusal("Too many images", `this takes ${context.service.limits.images} images at a time; ${plural(files.length - room, "image")} of yours did not fit`, "compare them in several turns")));
      files = files.slice(0, room);
    }
    for (const file of files) images.push(take(file, images));
    announce(`${plural(files.length, "image")} added, ${images.length} in all.`);
    changed();
  }

  function remove(image) {
    images = images.filter((other) => other !== image);
    drop(image);
    changed();
  }

  function lead(image) {
    images = [image, ...images.filter((other) => other !== image)];
    announce(`${image.name} is the reference now.`);
    changed();
  }

  function changed() {
    answer = null;
    showTray();
    run();
  }

  function showTray() {
    const focused = document.activeElement?.closest?.("[data-image]")?.dataset.image;
    const wasChoosing = tray.contains(document.activeElement) && document.activeElement.type === "file";
    // Very many would push what is found about them out of sight.
    tray.classList.toggle("full", images.length > 12);
    fill(tray,
      images.map((image, index) => h("figure", { cls: index === 0 ? "tile reference" : "tile", "data-image": image.name },
        h("div", { cls: "picture" }, view(image)),
        h("figcaption", {}, h("span", { cls: "name", title: image.name }, image.name),
          index === 0 ? h("span", { cls: "badge" }, "reference")
            : h("button", { type: "button", cls: "quiet", onclick: () => lead(image), "aria-label": `Make ${image.name} the reference` }, "as reference"),
          h("button", { type: "button", cls: "quiet remove", onclick: () => remove(image), "aria-label": `Remove ${image.name}` }, "×")))),
      dropZone({
        title: images.length === 0 ? "Drop two or more images, or choose them" : "Add images",
        hint: images.length === 0 ? "Pasting works too. JPEG, PNG, WebP, GIF, TIFF, HEIC and AVIF." : null,
        onFiles: add, isSmall: images.length > 0,
      }),
      images.length > 1 ? h("button", { type: "button", cls: "quiet clear", onclick: () => { images.forEach(drop); images = []; changed(); } }, "Remove all") : null);
    if (focused) tray.querySelector(`[data-image="${CSS.escape(focused)}"] button`)?.focus();
    if (wasChoosing) tray.querySelector(".zone input").focus();
    showControls();
  }

  function showControls() {
    if (images.length < 2) {
      fill(controls);
      return;
    }
    fill(controls,
      h("fieldset", { cls: "chips" }, h("legend", {}, "Metrics"),
        context.metrics.map((metric) => h("label", { title: metric.summary },
          h("input", {
            type: "checkbox", checked: wanted.has(metric.name),
            onchange: (event) => {
              if (event.target.checked) wanted.add(metric.name); else wanted.delete(metric.name);
              if (wanted.size > 0) run();
            },
          }), h("span", {}, metric.name)))),
      context.metrics.some((metric) => metric.size.square === undefined)
        ? h("label", { cls: "field" }, "Metrics of pixels see",
          h("select", { value: resize, onchange: (event) => { resize = event.target.value; run(); } },
            [["", "images as they are"], ["256", "squares of 256"], ["512", "squares of 512"]].map(([value, text]) =>
              h("option", { value, selected: value === resize }, text))))
        : null);
  }

  async function run() {
    work.stop();
    fill(state);
    if (images.length < 2) {
      fill(results);
      if (images.length === 1) fill(state, h("p", { cls: "soft next-step" }, "One more image, and they can be compared."));
      return;
    }
    const signal = work.start();
    const [reference, ...others] = images;
    const metrics = context.metrics.map((metric) => metric.name).filter((name) => wanted.has(name));
    const line = progress(`Comparing ${plural(others.length, "image")} by ${plural(metrics.length, "metric")}…`, () => {
      work.stop();
      fill(state, h("p", { cls: "soft" }, "Stopped. "), h("button", { type: "button", onclick: run }, "Compare again"));
    });
    fill(state, line.element);
    results.classList.add("waiting");
    const query = new URLSearchParams({ metric: metrics.join(",") });
    if (resize) query.set("resize", resize);
    try {
      const parts = [];
      for (let start = 0; start < others.length; start += together) {
        const part = others.slice(start, start + together);
        checkSize([reference, ...part], context.service.limits.bodyBytes);
        parts.push(await postJSON(`/v1/compare?${query}`, [["reference", reference], ...part.map((image) => ["image", image])], { signal }));
        line.update(start + part.length, others.length, others.length > together ? `${start + part.length} of ${others.length} images compared…` : null);
      }
      answer = {
        metrics: parts[0].metrics.map((column) => ({ ...context.metrics.find((metric) => metric.name === column.name), ...column })),
        results: parts.flatMap((part) => part.results), failures: parts.flatMap((part) => part.failures),
        warnings: [...new Set(parts.flatMap((part) => part.warnings))],
        profiles: await context.profiles(resize),
      };
      if (!answer.metrics.some((metric) => metric.name === leader)) leader = answer.metrics[0].name;
      fill(state);
      showResults();
      announce(`Compared. ${answer.results.length > 0 ? `The most alike by ${leader} is ${ranked()[0].image}.` : "No image could be compared."}`);
    } catch (error) {
      if (isAbort(error)) return;
      fill(results);
      fill(state, notice(error, run));
    } finally {
      line.end();
      results.classList.remove("waiting");
    }
  }

  const leading = () => answer.metrics.find((metric) => metric.name === leader);

  /** The results from the most alike to the least by the metric that ranks; those without a value come last. */
  function ranked() {
    const metric = leading();
    const value = (result) => number(result.values[leader] ?? "nan");
    return [...answer.results].sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
      return x === y ? 0 : isMoreAlike(metric, x, y) ? -1 : 1;
    });
  }

  function showResults() {
    const rows = ranked();
    if (!rows.some((row) => row.image === chosen)) chosen = rows[0]?.image ?? null;
    const pair = h("div", { cls: "pair", id: "pair" });
    fill(results,
      answer.failures.map((failure) => notice(new Refusal(`${failure.image} was left out`, failure.error, "see whether the file is whole, then add it anew"))),
      answer.warnings.length > 0 ? h("p", { cls: "notice" }, answer.warnings.join("; ")) : null,
      rows.length > 1 ? h("section", { cls: "ranking" }, h("div", { cls: "heading" }, h("h2", {}, "From the most alike to the least"),
        answer.metrics.length > 1 ? h("label", { cls: "field" }, "ranked by",
          h("select", { onchange: (event) => { leader = event.target.value; showResults(); results.querySelector(".ranking select").focus(); } },
            answer.metrics.map((metric) => h("option", { value: metric.name, selected: metric.name === leader }, metric.name)))) : null),
        h("ol", {}, rows.map((row, index) => rankingRow(row, index, rows)))) : null,
      rows.length > 0 ? pair : null);
    if (chosen) showPair(pair);
  }

  function rankingRow(row, index, rows) {
    const metric = leading();
    const values = rows.map((other) => number(other.values[leader] ?? "nan")).filter((value) => !Number.isNaN(value));
    const value = row.values[leader] === undefined ? undefined : number(row.values[leader]);
    const image = images.find((other) => other.name === row.image);
    return h("li", {}, h("button", {
      type: "button", cls: "rank", "aria-pressed": String(row.image === chosen), "aria-controls": "pair",
      onclick: (event) => {
        chosen = row.image;
        for (const button of results.querySelectorAll(".rank")) button.setAttribute("aria-pressed", String(button === event.currentTarget));
        showPair(results.querySelector(".pair"));
      },
    },
    h("span", { cls: "place" }, String(index + 1)), image ? h("span", { cls: "thumb" }, view(image, { alt: "" })) : null,
    h("span", { cls: "name" }, row.image),
    value === undefined ? h("span", { cls: "soft" }, "no value") : [bar(metric, value, scale(metric, values, answer.profiles[leader]), answer.profiles[leader], "thin"),
      h("span", { cls: "figure" }, format(value))]));
  }

  function showPair(place) {
    const row = answer.results.find((other) => other.image === chosen);
    const image = images.find((other) => other.name === chosen);
    const all = (metric) => answer.results.map((other) => other.values[metric.name]).filter((value) => value !== undefined).map(number);
    const reasons = row.errors ?? {};
    fill(place,
      heatmapPanel(context, images[0], image, answer.metrics),
      h("section", { cls: "metrics" }, h("h2", {}, "By metric"), legend(answer.metrics.map((metric) => answer.profiles[metric.name])),
        answer.metrics.map((metric) => metricRow(metric,
          row.values[metric.name] === undefined ? undefined : number(row.values[metric.name]),
          all(metric), answer.profiles[metric.name], reasons[metric.name])),
        Object.keys(reasons).length > 0 && !resize
          ? h("button", { type: "button", onclick: () => { resize = "256"; showControls(); run(); } }, "Compare pixels at squares of 256") : null));
  }

  showTray();
  return { id: "compare", title: "Compare", element, take: add };
}

/** Says in words that pictures are too large, before they are sent. */
export function checkSize(pictures, limit) {
  const size = pictures.reduce((sum, picture) => sum + picture.file.size, 0);
  if (size < limit) return;
  throw new Refusal("The images are too large", `together they have ${Math.round(size / 1e6)} MB, and the service takes ${Math.round(limit / 1e6)} MB at a time`, "choose smaller files");
}
