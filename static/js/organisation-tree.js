// [data-tree] holds rows with data-node and data-depth; [data-tree-fold] folds what lies below its row, [data-tree-all] all of them.
// Arrows walk the rows, left folds or goes to the parent, right unfolds. What was folded is remembered for the tab.
const KEY = "organisation-folded";
const tree = document.querySelector("[data-tree]");
const rows = tree ? [...tree.querySelectorAll("tr[data-node]")] : [];
const depth = (row) => Number(row.dataset.depth);
const fold = (row) => row.querySelector("[data-tree-fold]");
const isFolded = (row) => fold(row)?.getAttribute("aria-expanded") === "false";

function remembered() {
  try {
    return new Set(JSON.parse(sessionStorage.getItem(KEY) || "[]"));
  } catch {
    return new Set();
  }
}

function remember() {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(rows.filter(isFolded).map((row) => row.dataset.node)));
  } catch {
    // A browser without storage forgets.
  }
}

function set(row, folded) {
  fold(row)?.setAttribute("aria-expanded", String(!folded));
}

// One pass: a row is hidden while some row above it on the way to the top is folded.
function refresh() {
  let hiddenBelow = Infinity;
  for (const row of rows) {
    if (depth(row) <= hiddenBelow) hiddenBelow = Infinity;
    row.hidden = depth(row) > hiddenBelow;
    if (!row.hidden && isFolded(row)) hiddenBelow = depth(row);
  }
}

function visible(row, step) {
  let at = rows.indexOf(row) + step;
  while (rows[at]?.hidden) at += step;
  return rows[at];
}

function parentOf(row) {
  for (let at = rows.indexOf(row) - 1; at >= 0; at -= 1) if (depth(rows[at]) < depth(row)) return rows[at];
  return null;
}

function change(row, folded) {
  set(row, folded);
  refresh();
  remember();
}

function onKey(event) {
  const row = event.target.closest("tr[data-node]");
  if (!row || event.target.closest("input, select") || event.altKey || event.ctrlKey || event.metaKey) return;
  let goal = null;
  if (event.key === "ArrowDown") goal = visible(row, 1);
  else if (event.key === "ArrowUp") goal = visible(row, -1);
  else if (event.key === "ArrowLeft" && fold(row) && !isFolded(row)) change(row, true);
  else if (event.key === "ArrowLeft") goal = parentOf(row);
  else if (event.key === "ArrowRight" && isFolded(row)) change(row, false);
  else if (event.key === "Enter" && event.target === row) row.querySelector("a")?.click();
  else return;
  event.preventDefault();
  goal?.focus();
}

if (rows.length) {
  const searching = new URLSearchParams(location.search).get("q");
  const before = searching ? new Set() : remembered();
  for (const row of rows) set(row, before.has(row.dataset.node));
  refresh();
  rows[0].tabIndex = 0;
  for (const button of tree.querySelectorAll("[data-tree-all]")) button.hidden = !rows.some(fold);
  tree.addEventListener("keydown", onKey);
  tree.addEventListener("click", (event) => {
    const all = event.target.closest("[data-tree-all]");
    if (all) {
      for (const row of rows) set(row, all.dataset.treeAll === "fold");
      refresh();
      remember();
    } else if (event.target.closest("[data-tree-fold]")) {
      const row = event.target.closest("tr");
      change(row, !isFolded(row));
    }
  });
}
