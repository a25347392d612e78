// Choosing files of the page, and saving which.
const boxes = [...document.querySelectorAll("input[data-path]")];
const bar = document.querySelector(".bar");
const count = document.getElementById("count");
const first = boxes.map((box) => box.checked);

function size(bytes) {
  return bytes < 1e7 ? `${Math.floor(bytes / 1000).toLocaleString("en")} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function tell() {
  const others = boxes.filter((box) => !box.checked);
  const bytes = others.reduce((sum, box) => sum + Number(box.dataset.bytes), 0);
  count.textContent = `${(boxes.length - others.length).toLocaleString("en")} of ${boxes.length.toLocaleString("en")} files ${bar.dataset.chosen}`
    + (bar.dataset.chosen === "kept" ? `; without the others ${size(bytes)} would be saved.` : ".");
}

function save(text, type, name) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

const list = (some) => some.map((box) => `${box.dataset.path}\n`).join("");
const cell = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function table() {
  const sections = [...document.querySelectorAll("section")];
  const rows = boxes.map((box) => [sections.indexOf(box.closest("section")) + 1, box.checked, box.dataset.path]);
  return [["group", bar.dataset.chosen, "image"], ...rows].map((row) => `${row.map((one) => cell(String(one))).join(",")}\r\n`).join("");
}

const actions = {
  all: () => boxes.forEach((box) => { box.checked = true; }),
  none: () => boxes.forEach((box) => { box.checked = false; }),
  again: () => boxes.forEach((box, place) => { box.checked = first[place]; }),
  chosen: () => save(list(boxes.filter((box) => box.checked)), "text/plain", `${bar.dataset.chosen}.txt`),
  others: () => save(list(boxes.filter((box) => !box.checked)), "text/plain", `not-${bar.dataset.chosen}.txt`),
  csv: () => save(table(), "text/csv", "choice.csv"),
};

for (const button of bar.querySelectorAll("button")) {
  button.addEventListener("click", () => {
    actions[button.dataset.do]();
    tell();
  });
}
addEventListener("change", tell);
bar.hidden = boxes.length === 0;
tell();
