// A review line by line: arrows walk the rows of [data-review], K and R press the row's [data-review-key] button, blank ticks it. The row
// comes back from the server; the next one has the focus by then.

function rows() {
  return [...document.querySelectorAll("[data-review] tr[data-review-line][tabindex]")];
}

function walk(row, by) {
  const list = rows();
  const next = list[list.indexOf(row) + by];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
  return next;
}

document.addEventListener("keydown", (event) => {
  const row = event.target;
  if (!row.matches?.("tr[data-review-line]") || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const button = row.querySelector(`[data-review-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (step) walk(row, step);
  else if (event.key === " ") row.querySelector("[data-select-row]")?.click();
  else if (button) {
    walk(row, 1);
    button.click();
  } else return;
  event.preventDefault();
  event.stopPropagation();
});
