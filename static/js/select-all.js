// [data-select-scope] holds a list: [data-select-all] ticks every [data-select-row]; Shift ticks a range; [data-bulk-bar] shows while
// anything is ticked, with the number in [data-selected-count]; [data-select-none] clears. A form with [data-select-joined] sends all its
// ticks in one value of that name, separated by blanks: a form may hold only so many values.
import { text } from "./text.js";

let last = null;

function boxes(scope) {
  return [...scope.querySelectorAll("input[data-select-row]:enabled")];
}

function refresh(scope) {
  const list = boxes(scope);
  const ticked = list.filter((box) => box.checked);
  for (const box of list) box.closest("tr")?.classList.toggle("is-selected", box.checked);
  for (const all of scope.querySelectorAll("[data-select-all]")) {
    all.checked = list.length > 0 && ticked.length === list.length;
    all.indeterminate = ticked.length > 0 && ticked.length < list.length;
  }
  for (const bar of scope.querySelectorAll("[data-bulk-bar]")) bar.hidden = ticked.length === 0;
  for (const place of scope.querySelectorAll("[data-selected-count]")) place.textContent = text("selected", ticked.length);
}

function tickRange(scope, from, to) {
  const list = boxes(scope);
  const [a, b] = [list.indexOf(from), list.indexOf(to)].sort((x, y) => x - y);
  if (a < 0) return;
  for (const box of list.slice(a, b + 1)) box.checked = to.checked;
}

document.addEventListener("click", (event) => {
  const scope = event.target.closest("[data-select-scope]");
  if (!scope) return;
  if (event.target.matches("[data-select-all]")) {
    for (const box of boxes(scope)) box.checked = event.target.checked;
  } else if (event.target.matches("[data-select-row]")) {
    if (event.shiftKey && last) tickRange(scope, last, event.target);
    last = event.target;
  } else if (event.target.closest("[data-select-none]")) {
    for (const box of boxes(scope)) box.checked = false;
  } else return;
  refresh(scope);
});

document.addEventListener("formdata", (event) => {
  const joined = event.target.dataset?.selectJoined;
  const names = new Set(joined ? boxes(event.target).map((box) => box.name) : []);
  for (const name of names) {
    event.formData.set(joined, event.formData.getAll(name).join(" "));
    event.formData.delete(name);
  }
});

function refreshAll() {
  document.querySelectorAll("[data-select-scope]").forEach(refresh);
}

document.addEventListener("htmx:load", refreshAll);
// After "back" the browser fills boxes in again without an event.
window.addEventListener("pageshow", refreshAll);
