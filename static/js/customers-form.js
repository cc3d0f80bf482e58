// The customer form: Ctrl+S saves, the eye is led to what must be answered, and a name being typed gives its helpers.
import "./customers-conditions.js";
import "./customers-derive.js";
import "./customers-field-search.js";
import "./customers-pick.js";

const form = document.querySelector("[data-customer-form]");

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "s" || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector(".form-actions .btn-primary"));
});

// Enter in a one-line control would send a half-filled form; it goes to the next control instead.
form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || event.ctrlKey || event.metaKey) return;
  if (!event.target.matches("input:not([type=checkbox], [type=radio]), select")) return;
  event.preventDefault();
  const controls = [...form.querySelectorAll("input:not([type=hidden]), select, textarea, button[type=submit]")].filter(
    (each) => each.offsetParent && !each.disabled,
  );
  controls[controls.indexOf(event.target) + 1]?.focus();
});

const first =
  form.querySelector("[data-focus-first]") ??
  form.querySelector('[aria-invalid="true"]') ??
  form.querySelector('[name="name"]');
if (first && !form.querySelector(".conflicts")) first.focus({ preventScroll: first.name === "name" });
