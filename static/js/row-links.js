// tr[data-href]: a click anywhere on the row, or Enter while it has the focus, opens the link. Arrow keys walk through the rows.
// Links, buttons and controls in the row keep their own meaning, and so does selecting text.

function opensElsewhere(event) {
  return event.target.closest("a, button, input, select, textarea, label, summary, .cell-check");
}

function go(row, newTab) {
  if (newTab) window.open(row.dataset.href, "_blank", "noopener");
  else location.assign(row.dataset.href);
}

function prepare() {
  // Reachable by keyboard: the first row by Tab, the others by arrows.
  for (const body of document.querySelectorAll("tbody:has(> tr[data-href])")) {
    const rows = [...body.querySelectorAll(":scope > tr[data-href]")];
    rows.forEach((row, index) => {
      if (!row.hasAttribute("tabindex")) row.tabIndex = index === 0 ? 0 : -1;
    });
  }
}

document.addEventListener("click", (event) => {
  const row = event.target.closest("tr[data-href]");
  if (!row || opensElsewhere(event) || event.defaultPrevented || String(getSelection())) return;
  go(row, event.ctrlKey || event.metaKey);
});
document.addEventListener("auxclick", (event) => {
  const row = event.target.closest("tr[data-href]");
  if (row && event.button === 1 && !opensElsewhere(event)) go(row, true);
});
document.addEventListener("keydown", (event) => {
  const row = event.target;
  if (!row.matches?.("tr[data-href]")) return;
  if (event.key === "Enter") go(row, event.ctrlKey || event.metaKey);
  const next = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling }[event.key];
  if (next?.matches("tr[data-href]")) {
    event.preventDefault();
    row.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }
});
document.addEventListener("htmx:load", prepare);
prepare();
