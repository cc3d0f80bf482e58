// form[data-state-url]: what the set's rules make of the form while it is filled in. After a change of a field that others depend on
// ([data-watch], separated by blanks; "*" is every field) the form is sent to be judged, and the answer shows and hides fields, marks what
// is required, renames labels, renews formulas and fills in defaults where nobody has typed. The rules themselves are the server's alone.

const PAUSE_MS = 300;
const form = document.querySelector("form[data-state-url]");
const box = document.querySelector("#form-state");
const watched = new Set((form?.dataset.watch ?? "").split(" ").filter(Boolean));
const touched = new Set();
let timer = 0;

function cells() {
  return form.querySelectorAll("[data-field]");
}

function controlsOf(key) {
  return [...form.querySelectorAll(`[name="${CSS.escape(key)}"]`)];
}

function mark(cell, why) {
  const label = cell.querySelector(".field-label");
  if (!label) return;
  const star = label.querySelector(".field-required");
  if (why === undefined) {
    star?.remove();
  } else if (star) {
    star.title = why;
  } else {
    const made = document.createElement("span");
    made.className = "field-required";
    made.textContent = "*";
    made.title = why;
    label.append(made);
  }
}

function rename(cell, text) {
  const label = cell.querySelector(".field-label, .check > span");
  if (label?.firstChild && label.firstChild.textContent.trim() !== text) label.firstChild.textContent = text;
}

function explain(cell, key, text) {
  let help = cell.querySelector(".field-help");
  if (!help && text) {
    help = document.createElement("div");
    help.className = "field-help";
    help.id = `id_${key}_helptext`;
    (cell.querySelector(".field") ?? cell).append(help);
    for (const control of controlsOf(key)) control.setAttribute("aria-describedby", help.id);
  }
  if (!help) return;
  help.textContent = text;
  help.hidden = !text;
}

function showSections() {
  for (const section of form.querySelectorAll("[data-form-section]")) {
    const inside = [...section.querySelectorAll("[data-field], [data-part]")];
    const isEmpty = inside.length > 0 && inside.every((each) => each.hidden) && !section.querySelector(".form-fixed");
    section.classList.toggle("has-nothing", isEmpty);
    form.querySelector(`[href="#${CSS.escape(section.id)}"]`)?.closest("[data-toc-entry]")?.classList.toggle("has-nothing", isEmpty);
  }
}

function isBlank(controls) {
  return controls.every((each) => (each.matches("[type=checkbox], [type=radio]") ? !each.checked || !each.value : !each.value.trim()));
}

function fill(key, value) {
  const controls = controlsOf(key);
  if (!controls.length || touched.has(key)) return;
  // What an earlier answer filled in gives way to the next one; anything else that stands there was meant.
  if (!isBlank(controls) && !controls.some((each) => "offered" in each.dataset)) return;
  const values = [value].flat().map(String);
  for (const each of controls) {
    if (each.matches("[type=checkbox], [type=radio]")) each.checked = value === true || values.includes(each.value);
    else each.value = values[0] ?? "";
    each.dataset.offered = "";
  }
}

function apply(state) {
  const hidden = new Set(state.hidden);
  for (const cell of cells()) {
    const key = cell.dataset.field;
    cell.classList.remove("is-inapplicable");
    cell.hidden = hidden.has(key);
    mark(cell, state.required[key]);
    if (state.labels[key]) rename(cell, state.labels[key]);
    if (key in state.helps) explain(cell, key, state.helps[key]);
    if (key in state.computed) cell.querySelector("[data-computed]")?.replaceChildren(state.computed[key] || "—");
  }
  for (const part of form.querySelectorAll("[data-part]")) {
    part.classList.remove("is-inapplicable");
    part.hidden = hidden.has(part.dataset.part);
  }
  for (const [key, value] of Object.entries(state.defaults)) fill(key, value);
  showSections();
}

async function ask() {
  const values = {};
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && name !== "base") (values[name] ??= []).push(value);
  }
  await window.htmx.ajax("POST", form.dataset.stateUrl, { source: box, target: box, swap: "innerHTML", values });
  const state = box.querySelector("[data-state]")?.dataset.state;
  if (state) apply(JSON.parse(state));
}

function concerns(name) {
  return watched.has("*") || watched.has(name) || [...watched].some((each) => name.endsWith(`-${each}`));
}

function later(event) {
  const name = event.target.name;
  if (!name) return;
  if (event.isTrusted) {
    touched.add(name);
    delete event.target.dataset.offered;
  }
  if (!concerns(name)) return;
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE_MS);
}

if (form && box) {
  form.addEventListener("input", (event) => {
    if (!event.isComposing) later(event);
  });
  form.addEventListener("compositionend", later);
  form.addEventListener("change", later);
}
