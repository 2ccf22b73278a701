/**
 * The page's one script: sorting, fading, the slider, light and dark. The page reads without it. It keeps nothing, because pages
 * that are opened from a file may not have storage.
 */
export const SCRIPT: string = `
"use strict";
const root = document.documentElement;
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

document.getElementById("theme").addEventListener("click", () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme:dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});

for (const button of all(".bar button")) {
  button.addEventListener("click", () => {
    const chosen = root.dataset.focus === button.value ? "" : button.value;
    if (chosen) root.dataset.focus = chosen;
    else delete root.dataset.focus;
    for (const other of all(".bar button")) other.setAttribute("aria-pressed", String(other.value === chosen));
  });
}

const order = (a, b) => {
  if (a === "" || b === "") return a === b ? 0 : a === "" ? 1 : -1;
  const difference = Number(a) - Number(b);
  return Number.isNaN(difference) ? (a < b ? -1 : a > b ? 1 : 0) : difference;
};
for (const table of all("table[data-sorts]")) {
  for (const head of all("thead th", table)) {
    const text = head.firstChild;
    const button = document.createElement("button");
    button.type = "button";
    text.before(button);
    button.append(text);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      for (const other of all("thead th", table)) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const value = (row) => row.cells[head.cellIndex].dataset.v;
      const rows = all("tbody tr", table).sort((a, b) => {
        const [x, y] = [value(a), value(b)];
        return up || x === "" || y === "" ? order(x, y) : order(y, x);
      });
      table.tBodies[0].append(...rows);
    });
  }
}

const slider = document.getElementById("slider");
if (slider) {
  const { shares, series } = JSON.parse(document.getElementById("curves").textContent);
  const input = slider.querySelector("input");
  const show = () => {
    const at = Number(input.value);
    slider.querySelector("b").textContent = shares[at];
    input.setAttribute("aria-valuetext", shares[at] + " of lines");
    for (const output of all("output", slider)) output.textContent = series[output.dataset.t][at] ?? "\\u2013";
    for (const line of all(".cursor")) {
      const [from, to] = line.dataset.x.split(" ").map(Number);
      const x = from + ((to - from) * at) / (shares.length - 1);
      line.setAttribute("x1", x);
      line.setAttribute("x2", x);
    }
  };
  input.addEventListener("input", show);
  slider.hidden = false;
  for (const line of all(".cursor")) line.removeAttribute("visibility");
  show();
}`.trim();
