// [data-derive-url] on the form of a new customer: while name, credit code or telephone are typed, the server says what follows from the
// name and who has the same. Empty fields (short name, 助记码) are filled; one that the user has touched is left alone.

const PAUSE_MS = 400;
const form = document.querySelector("[data-derive-url]");
const box = document.querySelector("#derived");
let timer = 0;

function valueOf(...names) {
  for (const name of names) {
    const value = form.elements.namedItem(name)?.value?.trim();
    if (value) return value;
  }
  return "";
}

function fill(name, text) {
  const input = form.elements.namedItem(name);
  if (!input || (input.value && input.value !== input.dataset.derived)) return;
  input.value = text;
  input.dataset.derived = text;
}

async function ask() {
  const values = {
    name: valueOf("name"),
    uscc: valueOf("uscc"),
    phone: valueOf("contacts-0-mobile", "phone", "contacts-0-phone"),
  };
  await window.htmx.ajax("POST", form.dataset.deriveUrl, { source: box, target: box, swap: "innerHTML", values });
  const derived = box.querySelector("[data-derived]")?.dataset;
  if (!derived) return;
  fill("short_name", derived.shortName);
  fill("mnemonic_code", derived.mnemonicCode);
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE_MS);
}

function concerns(target) {
  return ["name", "uscc", "phone", "contacts-0-mobile", "contacts-0-phone"].includes(target.name);
}

if (form && box) {
  // Half a pinyin syllable is no name: while an input method composes, nothing is asked.
  form.addEventListener("input", (event) => {
    if (concerns(event.target) && !event.isComposing) later();
  });
  form.addEventListener("compositionend", (event) => {
    if (concerns(event.target)) later();
  });
  // Whoever types faster than the page loads has typed before anybody listened.
  if (valueOf("name", "uscc") && !form.elements.namedItem("mnemonic_code")?.value) later();
}
