// [data-formset="prefix"]: adds and takes out rows of a Django formset (components/formset.html shows the parts it needs).
// A stored row is marked by its DELETE box and can be taken back; a new row is removed, and the new rows after it move up.

const ATTRIBUTES = ["name", "id", "for", "aria-describedby"];

function parts(set) {
  const prefix = set.dataset.formset;
  const count = (name) => set.querySelector(`[name="${CSS.escape(`${prefix}-${name}`)}"]`);
  return {
    prefix,
    rows: set.querySelector("[data-formset-rows]"),
    template: set.querySelector("[data-formset-template]"),
    add: set.querySelector("[data-formset-add]"),
    total: count("TOTAL_FORMS"),
    initial: Number(count("INITIAL_FORMS").value),
    max: Number(count("MAX_NUM_FORMS")?.value || 1000),
  };
}

function renumber(row, pattern, replacement) {
  for (const element of [row, ...row.querySelectorAll("*")]) {
    for (const attribute of ATTRIBUTES) {
      const value = element.getAttribute(attribute);
      if (value) element.setAttribute(attribute, value.replace(pattern, replacement));
    }
  }
}

function rowsOf(set) {
  return [...parts(set).rows.querySelectorAll(":scope > [data-formset-row]")];
}

function refresh(set) {
  const { add, max } = parts(set);
  const kept = rowsOf(set).filter((row) => !row.classList.contains("is-removed")).length;
  if (add) add.disabled = kept >= max;
  set.dispatchEvent(new CustomEvent("formset:change", { bubbles: true }));
}

function addRow(set) {
  const { prefix, rows, template, total } = parts(set);
  const index = Number(total.value);
  const row = template.content.querySelector("[data-formset-row]").cloneNode(true);
  renumber(row, new RegExp(`${prefix}-__prefix__`, "g"), `${prefix}-${index}`);
  rows.append(row);
  total.value = String(index + 1);
  window.htmx?.process(row);
  row.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  refresh(set);
}

function deleteBox(row) {
  return row.querySelector('input[name$="-DELETE"]');
}

function removeRow(set, row) {
  const { prefix, total, initial } = parts(set);
  const list = rowsOf(set);
  const index = list.indexOf(row);
  if (index < initial) {
    deleteBox(row).checked = true;
    row.classList.add("is-removed");
    row.querySelector("[data-formset-undo]")?.focus();
  } else {
    row.remove();
    list.slice(index + 1).forEach((later, offset) => {
      renumber(later, new RegExp(`${prefix}-${index + offset + 1}(?=-|$)`, "g"), `${prefix}-${index + offset}`);
    });
    total.value = String(list.length - 1);
    set.querySelector("[data-formset-add]")?.focus();
  }
  refresh(set);
}

function restoreRow(set, row) {
  deleteBox(row).checked = false;
  row.classList.remove("is-removed");
  row.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  refresh(set);
}

document.addEventListener("click", (event) => {
  const set = event.target.closest("[data-formset]");
  if (!set) return;
  const row = event.target.closest("[data-formset-row]");
  if (event.target.closest("[data-formset-add]")) addRow(set);
  else if (row && event.target.closest("[data-formset-remove]")) removeRow(set, row);
  else if (row && event.target.closest("[data-formset-undo]")) restoreRow(set, row);
});

// A form that came back with errors keeps the rows the user had marked.
for (const box of document.querySelectorAll('[data-formset-row] input[name$="-DELETE"]:checked')) {
  box.closest("[data-formset-row]").classList.add("is-removed");
}
