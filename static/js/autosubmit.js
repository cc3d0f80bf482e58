// [data-autosubmit] on a form or a control: the form is sent when a choice changes, and a moment after typing stops.
// While an input method is composing, nothing is sent: half a pinyin syllable is no search.

const PAUSE_MS = 350;
let timer = 0;

function formOf(target) {
  return target.closest("[data-autosubmit]") && target.form;
}

function isText(target) {
  return target.matches("input:not([type=checkbox], [type=radio], [type=date], [type=month]), textarea");
}

function later(form) {
  clearTimeout(timer);
  timer = setTimeout(() => form.requestSubmit(), PAUSE_MS);
}

document.addEventListener("input", (event) => {
  const form = formOf(event.target);
  if (form && isText(event.target) && !event.isComposing) later(form);
});
document.addEventListener("compositionend", (event) => {
  const form = formOf(event.target);
  if (form) later(form);
});
document.addEventListener("change", (event) => {
  const form = formOf(event.target);
  if (form && !isText(event.target)) form.requestSubmit();
});
document.addEventListener("submit", () => clearTimeout(timer));
