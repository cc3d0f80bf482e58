// The search box of the top bar shows the first customers while it is typed into. Arrows choose, Enter opens, Esc closes; Enter without a
// choice searches the list, as it does without this script.

const PAUSE_MS = 200;
const input = document.querySelector("#global-search");
const box = document.querySelector("[data-suggest-url]");
let timer = 0;

function items() {
  return [...box.querySelectorAll("a")];
}

function place() {
  const frame = (input.closest(".with-affix") ?? input).getBoundingClientRect();
  const width = Math.min(Math.max(frame.width, 360), innerWidth - 16);
  box.style.width = `${width}px`;
  box.style.left = `${Math.max(8, Math.min(frame.left, innerWidth - width - 8))}px`;
  box.style.top = `${frame.bottom + 4}px`;
}

function close() {
  clearTimeout(timer);
  box.hidden = true;
}

async function ask() {
  const q = input.value.trim();
  if (!q) {
    close();
    return;
  }
  await window.htmx.ajax("POST", box.dataset.suggestUrl, { source: box, target: box, swap: "innerHTML", values: { q } });
  if (document.activeElement !== input || !input.value.trim()) return;
  place();
  box.hidden = false;
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE_MS);
}

function move(step) {
  const list = items();
  if (!list.length) return;
  const at = list.findIndex((each) => each.getAttribute("aria-current") === "true");
  const next = list[(at + step + list.length + (at < 0 && step < 0 ? 1 : 0)) % list.length];
  for (const each of list) each.removeAttribute("aria-current");
  next.setAttribute("aria-current", "true");
  next.scrollIntoView({ block: "nearest" });
}

if (input && box) {
  input.addEventListener("input", (event) => {
    if (!event.isComposing) later();
  });
  input.addEventListener("compositionend", later);
  input.addEventListener("keydown", (event) => {
    if (box.hidden || event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Escape") {
      close();
    } else if (event.key === "Enter") {
      const chosen = items().find((each) => each.getAttribute("aria-current") === "true");
      if (!chosen) return;
      event.preventDefault();
      location.assign(chosen.href);
    }
  });
  // A click on a row takes the focus first: the box must live until then.
  input.addEventListener("blur", () => setTimeout(() => box.contains(document.activeElement) || close(), 150));
  box.addEventListener("mousedown", (event) => event.preventDefault());
  window.addEventListener("resize", close);
}
