// Pages about rights. [data-grid]: [data-grid-find] leaves the rows that hold what is typed, [data-grid-own] those with a level of their own,
// [data-grid-all] sets the visible rows of its group. [data-pick]: a list of boxes with a search; ticking a node of a tree ticks what is below.

function shown(row, words, ownOnly) {
  const fits = row.querySelector("th").textContent.toLowerCase().includes(words);
  const own = row.querySelector('input[type="radio"]:checked')?.value;
  return fits && (!ownOnly || Boolean(own));
}

function refreshGrid(grid) {
  const words = grid.querySelector("[data-grid-find]")?.value.trim().toLowerCase() ?? "";
  const ownOnly = grid.querySelector("[data-grid-own]")?.checked ?? false;
  for (const group of grid.querySelectorAll("[data-grid-group]")) {
    const rows = [...group.querySelectorAll("[data-grid-row]")];
    for (const row of rows) row.hidden = !shown(row, words, ownOnly);
    group.hidden = rows.every((row) => row.hidden);
  }
}

function setGroup(button) {
  const group = button.closest("[data-grid-group]");
  for (const row of group.querySelectorAll("[data-grid-row]:not([hidden])")) {
    const radio = [...row.querySelectorAll('input[type="radio"]')].find((each) => each.value === button.dataset.gridAll);
    if (radio) radio.checked = true;
  }
}

function boxes(pick) {
  return [...pick.querySelectorAll('.access-choices input[type="checkbox"]')];
}

function countPicked(pick) {
  const place = pick.querySelector("[data-pick-count]");
  if (place) place.textContent = `${boxes(pick).filter((box) => box.checked).length} / ${boxes(pick).length}`;
}

function tickBelow(box) {
  const depth = (each) => Number(each.closest("[data-depth]").dataset.depth);
  const all = boxes(box.closest("[data-pick]"));
  for (const each of all.slice(all.indexOf(box) + 1)) {
    if (depth(each) <= depth(box)) break;
    each.checked = box.checked;
  }
}

document.addEventListener("input", (event) => {
  const grid = event.target.matches("[data-grid-find], [data-grid-own]") && event.target.closest("[data-grid]");
  if (grid) refreshGrid(grid);
  if (!event.target.matches("[data-pick-find]")) return;
  const words = event.target.value.trim().toLowerCase();
  for (const box of boxes(event.target.closest("[data-pick]"))) {
    const label = box.closest("label");
    label.hidden = !label.textContent.toLowerCase().includes(words);
  }
});

document.addEventListener("change", (event) => {
  const pick = event.target.matches('input[type="checkbox"]') && event.target.closest("[data-pick]");
  if (!pick) return;
  tickBelow(event.target);
  countPicked(pick);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-grid-all]");
  if (button) setGroup(button);
});

// Enter in a search looks for something; it does not send the form around it.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("[data-grid-find], [data-pick-find]")) event.preventDefault();
});

for (const pick of document.querySelectorAll("[data-pick]")) countPicked(pick);
