// [data-field-search]: typing a part of a label leaves only the fields of the form that bear it; Enter goes to the first, Esc shows all again.
// [data-fold-sections]: closes or opens all sections that fold.

const search = document.querySelector("[data-field-search]");
const form = search?.form ?? document.querySelector("[data-customer-form]");

function labelOf(cell) {
  return (cell.querySelector(".field-label, .check")?.textContent ?? "").toLowerCase();
}

function sift() {
  const words = search.value.trim().toLowerCase();
  form.classList.toggle("is-sifted", Boolean(words));
  for (const section of form.querySelectorAll("[data-form-section]")) {
    let some = false;
    for (const cell of section.querySelectorAll("[data-field]")) {
      const fits = labelOf(cell).includes(words);
      cell.classList.toggle("is-sifted-out", !fits);
      some ||= fits && !cell.hidden;
    }
    section.classList.toggle("is-sifted-out", Boolean(words) && !some);
    if (words && some && section.matches("details")) section.open = true;
  }
}

search?.addEventListener("input", (event) => {
  if (!event.isComposing) sift();
});
search?.addEventListener("compositionend", sift);
search?.addEventListener(
  "keydown",
  (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape" && search.value) {
      search.value = "";
      sift();
    } else if (event.key === "Enter") {
      event.preventDefault();
      event.stopPropagation();
      form.querySelector("[data-form-section]:not(.is-sifted-out) [data-field]:not(.is-sifted-out, [hidden]) :is(input:not([type=hidden]), select, textarea)")?.focus();
    }
  },
  true,
);
document.querySelector("[data-fold-sections]")?.addEventListener("click", () => {
  const sections = [...form.querySelectorAll("details[data-form-section]")];
  const open = sections.some((each) => each.open);
  for (const each of sections) each.open = !open;
});
