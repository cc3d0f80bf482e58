// form[data-submit-once]: after the first submit its buttons rest and the pressed one shows a spinner, so a double click sends once.

const sent = new WeakMap();

function rest(form, submitter) {
  const buttons = [...form.querySelectorAll("button:not([type=button]), input[type=submit]")];
  const spinner = document.createElement("span");
  spinner.className = "spinner";
  const icon = submitter?.querySelector(":scope > .icon");
  if (icon) icon.hidden = true;
  submitter?.prepend(spinner);
  // Disabled only after the browser has taken the form's data, or the pressed button's own name and value would be lost.
  setTimeout(() => {
    for (const button of buttons) button.disabled = true;
  });
  sent.set(form, () => {
    spinner.remove();
    if (icon) icon.hidden = false;
    for (const button of buttons) button.disabled = false;
  });
}

function wake(form) {
  sent.get(form)?.();
  sent.delete(form);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-submit-once]")) return;
  if (sent.has(form)) {
    event.preventDefault();
    return;
  }
  if (event.defaultPrevented && !form.matches("[hx-post], [hx-get], [data-hx-post]")) return;
  rest(form, event.submitter);
});

document.addEventListener("htmx:afterRequest", (event) => wake(event.target));

// Back to a page kept in memory: its buttons must work again.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-submit-once]")) wake(form);
});
