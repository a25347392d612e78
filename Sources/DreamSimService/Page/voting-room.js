// The voting room: one triplet after the other, judged by a person, for `dreamsim train`.

import { ask, getJSON, show } from "./api.js";
import { announce, fill, h, notice, tell } from "./elements.js";
import { plural } from "./numbers.js";
import { quoted, save } from "./table.js";

/** Whose judgments these are, as long as this browser remembers. */
const raterKey = "dreamsim-rater";

export function votingRoomView(context) {
  let state = null;
  let shownAt = 0;
  let isBusy = true;
  /** Images of the next trial, so that nobody waits. */
  const fetched = new Map();

  const stage = h("div", { cls: "stage" });
  const failure = h("div", {});
  const rater = h("input", { type: "text", maxlength: "100", autocomplete: "name", value: localStorage.getItem(raterKey) ?? "", onchange: () => localStorage.setItem(raterKey, rater.value.trim()) });
  const foot = h("div", { cls: "stage-foot" });
  const element = h("section", { cls: "voting" }, h("h1", { tabindex: "-1" }, "Voting room"),
    h("p", { cls: "lead" }, "Which of the two looks more like the reference? Trust your first impression. Some triplets appear twice, to measure the consistency of judgments."),
    failure, stage, foot);

  async function open() {
    await change(() => getJSON("/v1/voting"));
  }

  function setBusy(value) {
    isBusy = value;
    stage.setAttribute("aria-busy", String(value));
  }

  /** Does something in the room, and shows what is next. */
  async function change(work) {
    setBusy(true);
    stage.classList.add("waiting");
    try {
      state = await work();
      fill(failure);
      await showTrial();
    } catch (error) {
      // Somebody may have judged in another window.
      if (error.status === 400) {
        fill(failure, h("p", { cls: "notice" }, "This triplet was judged in another window; continue with the next."));
        state = await getJSON("/v1/voting").catch(() => state);
        await showTrial();
        return;
      }
      fill(failure, notice(error, () => change(work)));
      setBusy(false);
    } finally {
      stage.classList.remove("waiting");
    }
  }

  async function image(path) {
    const image = h("img", { alt: "" });
    const loaded = new Promise((resolve, reject) => {
      image.addEventListener("load", resolve, { once: true });
      image.addEventListener("error", () => reject(new Error("An image of this trial cannot be shown.")), { once: true });
    });
    await show(image, path);
    await loaded;
    return image;
  }

  function fetchTrial(trial) {
    if (!trial) return null;
    if (!fetched.has(trial.number)) {
      const all = Promise.all([trial.left, trial.reference, trial.right].map(image));
      all.catch(() => {});
      fetched.set(trial.number, all);
    }
    return fetched.get(trial.number);
  }

  async function showTrial() {
    showFoot();
    if (!state.trial) {
      showEnd();
      return;
    }
    const trial = state.trial;
    try {
      const [left, reference, right] = await fetchTrial(trial);
      left.alt = "left image";
      right.alt = "right image";
      reference.alt = "the reference";
      fill(stage,
        choice("left", left, [h("kbd", {}, "←"), " Left is closer"]),
        h("figure", { cls: "reference" }, h("div", { cls: "image" }, reference), h("figcaption", {}, h("span", { cls: "badge" }, "reference"))),
        choice("right", right, ["Right is closer ", h("kbd", {}, "→")]));
      shownAt = performance.now();
      setBusy(false);
      fetched.forEach((_, number) => { if (number !== trial.number) fetched.delete(number); });
      fetchTrial(state.following);
    } catch (error) {
      fetched.delete(trial.number);
      fill(stage, notice({ title: "This trial cannot be shown", detail: error.detail ?? error.message, advice: "skip it; it is asked for again when the service is started anew" }),
        h("button", { type: "button", onclick: skip }, "Skip it"));
      setBusy(false);
    }
  }

  function choice(side, image, label) {
    return h("button", { type: "button", cls: `choice ${side}`, onclick: () => choose(side) },
      h("span", { cls: "image" }, image), h("span", { cls: "choice-label" }, label));
  }

  function choose(side) {
    if (isBusy || !state.trial) return;
    setBusy(true);
    const seconds = Math.min(86400, (performance.now() - shownAt) / 1000).toFixed(1);
    const number = state.trial.number;
    stage.querySelector(`.${side}`)?.classList.add("chosen");
    const query = new URLSearchParams({ trial: number, choice: side, seconds });
    if (rater.value.trim()) query.set("rater", rater.value.trim());
    change(async () => (await ask(`/v1/voting/judgments?${query}`, { method: "POST" })).json())
      .then(() => announce(state.trial ? `${side} kept. ${state.progress.done} of ${state.progress.total}.` : "All are judged."));
  }

  function skip() {
    if (isBusy || !state.trial) return;
    const number = state.trial.number;
    change(async () => (await ask(`/v1/voting/judgments?trial=${number}&choice=skip`, { method: "POST" })).json()).then(() => announce("Skipped."));
  }

  function undo() {
    if (isBusy || state.progress.done === 0) return;
    change(async () => {
      try {
        const answer = await (await ask(`/v1/voting/judgments/${state.lastJudgment ?? "last"}`, { method: "DELETE" })).json();
        announce("The last judgment was taken back.");
        return answer;
      } catch (error) {
        if (error.status !== 404) throw error;
        tell("There is no judgment of this session that could be taken back.");
        return getJSON("/v1/voting");
      }
    });
  }

  function showFoot() {
    const { done, total, skipped } = state.progress;
    fill(foot,
      h("progress", { max: total, value: done, "aria-label": "Judgments" }),
      h("p", {}, `${done.toLocaleString("en")} of ${plural(total, "judgment")}${skipped > 0 ? `, ${skipped} skipped` : ""}. ${state.trial ? "Each is kept at once; you can stop and resume at any time." : ""}`),
      h("div", { cls: "choices" },
        h("button", { type: "button", cls: "quiet", disabled: done === 0, onclick: undo }, "Undo the last ", h("kbd", {}, "U")),
        state.trial ? h("button", { type: "button", cls: "quiet", onclick: skip }, "Skip ", h("kbd", {}, "S")) : null),
      state.trial ? h("label", { cls: "field" }, "Your name, to be kept with each judgment (optional)", rater) : null);
  }

  function showEnd() {
    const { done, repeats, agreeing, skipped } = state.progress;
    const model = context.metrics.find((metric) => metric.kind === "model")?.name;
    setBusy(false);
    fill(stage, h("div", { cls: "end" }, h("h2", { tabindex: "-1" }, skipped > 0 ? "Done, but for those skipped" : "All are judged. Thank you."),
      repeats > 0 ? h("p", {}, `Of ${plural(repeats, "triplet")} that came twice you judged ${agreeing} the same both times (${Math.round(100 * agreeing / repeats)} %). No metric can agree with you much better than you do yourself.`) : null,
      h("p", {}, `The ${plural(done, "judgment")} are in `, h("code", {}, state.votes), "."),
      h("pre", { tabindex: "0" }, `dreamsim evaluate triplets ${quoted(state.votes)} --metric all\ndreamsim train ${quoted(state.votes)}${model ? ` --model ${model}` : ""} -o runs/mine`),
      h("button", { type: "button", onclick: download }, "Download the table")));
    stage.querySelector("h2").focus();
  }

  async function download() {
    try {
      save(await (await ask("/v1/voting/votes.csv")).blob(), state.votes.split("/").pop());
    } catch (error) {
      fill(failure, notice(error, download));
    }
  }

  function key(event) {
    const action = { ArrowLeft: () => choose("left"), ArrowRight: () => choose("right"), u: undo, U: undo, s: skip, S: skip }[event.key];
    if (!action || !state) return false;
    action();
    return true;
  }

  return {
    id: "voting-room", title: "Voting room", element, open, key,
    needs: ["hasVotingRoom", "There is no voting room open", "Start the service with ‘--triplets FILE.csv’: a table with the columns ref, left and right, whose images lie in its folder."],
  };
}
