// Short notes at the corner of the window. Good news leaves by itself; bad news stays until it is closed.

const STAY_MS = 4000;

/** Shows message; tone is "success" or "danger"; detail is a small second line. */
export function toast(message, tone = "success", detail = "") {
  const stack = document.querySelector("[data-toasts]");
  const template = document.querySelector("[data-toast-template]");
  if (!stack || !template) return;
  // The same trouble ten times (a poll without network) is one note.
  for (const note of stack.children) if (note.dataset.message === message) note.remove();
  const note = template.content.firstElementChild.cloneNode(true);
  note.dataset.tone = tone;
  note.dataset.message = message;
  const text = note.querySelector(".toast-note-text");
  text.textContent = message;
  if (detail) {
    const line = document.createElement("div");
    line.className = "tiny faint code";
    line.textContent = detail;
    text.append(line);
  }
  stack.append(note);
  if (tone === "success") setTimeout(() => note.remove(), STAY_MS);
}
