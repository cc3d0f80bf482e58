// Rows of the account sets' forms: [data-row-up] and [data-row-down] move a formset row, [data-part-row] shows the controls of its part's
// type. The order stands in each row's [data-row-order] input; formset.js adds and takes out rows.

function rowsOf(list) {
  return [...list.querySelectorAll(":scope > [data-formset-row]")];
}

function writeOrder(list) {
  rowsOf(list).forEach((row, index) => {
    const input = row.querySelector("[data-row-order]");
    if (input) input.value = String(index);
  });
}

function move(row, up) {
  const list = row.parentElement;
  const other = up ? row.previousElementSibling : row.nextElementSibling;
  if (!other) return;
  if (up) other.before(row);
  else other.after(row);
  writeOrder(list);
  row.dispatchEvent(new CustomEvent("rows:moved", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-row-up], [data-row-down]");
  const row = button?.closest("[data-formset-row]");
  if (!row) return;
  move(row, button.matches("[data-row-up]"));
  button.focus();
});

document.addEventListener("change", (event) => {
  const row = event.target.closest("[data-part-row]");
  if (row && event.target.name.endsWith("-type")) row.dataset.type = event.target.value;
});

// In the capturing phase, so that the live preview, which listens on the form, sends the new order.
document.addEventListener(
  "formset:change",
  (event) => {
    const list = event.target.querySelector("[data-formset-rows]");
    if (list?.querySelector("[data-row-order]")) writeOrder(list);
  },
  true,
);
