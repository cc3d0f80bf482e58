// The pages of 字段设计: rows moved by buttons, keys and dragging, tables sifted by a word, expressions written by inserting and choosing.
import "./customers-pick.js";
import "./fields-builder.js";

// --- [data-design-table]: a row goes up, down, or where it is dropped; the server keeps the order and the page comes back at the row.

const table = document.querySelector("[data-design-table]");
const order = document.querySelector("[data-order-form]");
let dragged = null;

function rows() {
  return [...table.querySelectorAll("tr[data-key][draggable=true]")];
}

function send(row, before, group) {
  order.elements.namedItem("field").value = row.dataset.key;
  order.elements.namedItem("before").value = before?.dataset.key ?? "";
  order.elements.namedItem("group").value = group;
  order.requestSubmit();
}

function step(row, up) {
  const all = rows();
  const at = all.indexOf(row);
  const other = all[at + (up ? -1 : 1)];
  if (!other) return;
  const group = other.closest("tbody").dataset.group;
  const here = row.closest("tbody").dataset.group;
  if (up) send(row, group === here ? other : null, group);
  else send(row, group === here ? (all[at + 2]?.closest("tbody").dataset.group === group ? all[at + 2] : null) : other, group);
}

if (table) {
  table.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (button) step(button.closest("tr"), button.dataset.move === "up");
  });
  table.addEventListener("keydown", (event) => {
    if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    const row = event.target.closest("tr[data-key]");
    if (!row?.draggable) return;
    event.preventDefault();
    step(row, event.key === "ArrowUp");
  });
  table.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.("tr[data-key]");
    if (!dragged || event.target.matches?.("input, select")) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.key);
  });
  table.addEventListener("dragover", (event) => {
    const over = event.target.closest("tr");
    if (!dragged || !over || !over.closest("tbody")?.querySelector("[draggable=true]")) return;
    event.preventDefault();
    for (const each of table.querySelectorAll(".is-drop")) each.classList.remove("is-drop");
    over.classList.add("is-drop");
  });
  table.addEventListener("drop", (event) => {
    const over = event.target.closest("tr");
    if (!dragged || !over) return;
    event.preventDefault();
    const group = over.closest("tbody").dataset.group;
    const before = over.dataset.key ? over : rows().find((each) => each.closest("tbody").dataset.group === group);
    if (before !== dragged) send(dragged, before, group);
  });
  table.addEventListener("dragend", () => {
    dragged = null;
    for (const each of table.querySelectorAll(".is-drop")) each.classList.remove("is-drop");
  });
}

// --- [data-table-sift="#table"]: only rows that hold the word.

document.addEventListener("input", (event) => {
  const box = event.target.closest("[data-table-sift]");
  if (!box) return;
  const word = box.value.trim().toLowerCase();
  for (const body of document.querySelectorAll(`${box.dataset.tableSift} tbody`)) {
    let some = false;
    for (const row of body.rows) {
      if (row.classList.contains("group-row")) continue;
      const words = [row.textContent, ...[...row.querySelectorAll("input[name=label]")].map((each) => each.value || each.placeholder)];
      row.hidden = Boolean(word) && !words.join(" ").toLowerCase().includes(word);
      some ||= !row.hidden;
    }
    body.querySelector(".group-row")?.toggleAttribute("hidden", !some);
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("[data-table-sift], [data-shelf-search]")) event.preventDefault();
});

// --- [data-shelf="id"]: a click puts the field or function where the caret stands; the search box sifts the shelf.

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  if (!button) return;
  const area = document.getElementById(button.closest("[data-shelf]").dataset.shelf);
  area.focus();
  area.setRangeText(button.dataset.insert, area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
});
document.addEventListener("input", (event) => {
  const box = event.target.closest("[data-shelf-search]");
  if (!box) return;
  const word = box.value.trim().toLowerCase();
  for (const item of box.closest("[data-shelf]").querySelectorAll("li")) {
    item.hidden = Boolean(word) && !item.textContent.toLowerCase().includes(word);
  }
});

// --- the option rows show the colour that is chosen; a new choice set shows its lines.

document.addEventListener("change", (event) => {
  const colour = event.target.closest(".colour-choice");
  if (colour) colour.dataset.colour = event.target.value;
});

const chosen = document.querySelector("[data-field-form] [name=choice_set]");
const lines = document.querySelector("[data-new-options]");
function showLines() {
  if (chosen && lines) lines.hidden = chosen.value !== "new";
}
chosen?.addEventListener("change", showLines);
showLines();

// --- [data-section-names]: the lines of the text area are what the rows of the layout choose from.

const names = document.querySelector("[data-section-names]");
function renameSections() {
  const list = names.value.split("\n").map((each) => each.trim()).filter(Boolean);
  for (const select of document.querySelectorAll("[data-section-choice]")) {
    const value = select.value;
    select.replaceChildren(select.options[0], ...list.map((label, at) => new Option(label, String(at + 1))));
    select.value = Number(value) <= list.length ? value : "0";
  }
}
names?.addEventListener("input", renameSections);
document.querySelector("[data-layout-lines]")?.addEventListener("change", (event) => {
  const select = event.target.closest("[data-section-choice]");
  select?.closest("tr").classList.toggle("is-muted", select.value === "0");
});
