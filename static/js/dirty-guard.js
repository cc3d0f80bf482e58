// form[data-dirty-guard]: asks before the page is left while something typed into it is not saved.

const sending = new WeakSet();

function snapshot(form) {
  // Files compare by name and size; a File object in the query string would always be the same words.
  return [...new FormData(form)]
    .filter(([name]) => name !== "csrfmiddlewaretoken")
    .map(([name, value]) => `${name}=${value instanceof File ? `${value.name}:${value.size}` : value}`)
    .join("\n");
}

const clean = new WeakMap();

function watch() {
  for (const form of document.querySelectorAll("form[data-dirty-guard]")) {
    // A form that comes back with errors holds what was typed, not what is stored.
    if (!clean.has(form)) clean.set(form, form.querySelector('[aria-invalid="true"], .form-errors') ? "" : snapshot(form));
  }
}

function isDirty(form) {
  return form.isConnected && !sending.has(form) && clean.has(form) && clean.get(form) !== snapshot(form);
}

window.addEventListener("beforeunload", (event) => {
  if ([...document.querySelectorAll("form[data-dirty-guard]")].some(isDirty)) event.preventDefault();
});
document.addEventListener("submit", (event) => {
  if (!event.defaultPrevented) sending.add(event.target);
});
// A request by htmx that failed leaves the form where it is: it guards again.
document.addEventListener("htmx:afterRequest", (event) => {
  sending.delete(event.target);
  if (event.detail.successful && clean.has(event.target)) clean.set(event.target, snapshot(event.target));
});
document.addEventListener("htmx:load", watch);
watch();
