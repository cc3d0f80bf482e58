// input[data-customer-pick]: another customer is looked for by number, name or pinyin among those whom the reader sees. Arrows choose, Enter
// or a click takes, Esc closes. What stands in the control afterwards is "number name"; without this script the number is typed.

const PAUSE_MS = 200;
const box = document.querySelector("[data-pick-url]");
let input = null;
let timer = 0;

function items() {
  return [...box.querySelectorAll("[data-pick]")];
}

function close() {
  clearTimeout(timer);
  box.hidden = true;
}

function place() {
  const frame = input.getBoundingClientRect();
  const width = Math.min(Math.max(frame.width, 300), innerWidth - 16);
  box.style.width = `${width}px`;
  box.style.left = `${Math.max(8, Math.min(frame.left, innerWidth - width - 8))}px`;
  box.style.top = `${frame.bottom + 4}px`;
}

async function ask() {
  const asked = input;
  const q = asked.value.trim();
  if (!q) {
    close();
    return;
  }
  await window.htmx.ajax("POST", box.dataset.pickUrl, { source: box, target: box, swap: "innerHTML", values: { q } });
  if (document.activeElement !== asked || !asked.value.trim()) return;
  mark(0);
  place();
  box.hidden = false;
}

function later(event) {
  input = event.target;
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE_MS);
}

function mark(at) {
  const list = items();
  list.forEach((each, index) => each.setAttribute("aria-current", String(index === at)));
  list[at]?.scrollIntoView({ block: "nearest" });
}

function move(step) {
  const list = items();
  if (!list.length) return;
  const at = list.findIndex((each) => each.getAttribute("aria-current") === "true");
  mark((at + step + list.length) % list.length);
}

function take(item) {
  input.value = item.dataset.pick;
  close();
  input.focus();
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

if (box) {
  document.addEventListener("input", (event) => {
    if (event.target.matches?.("[data-customer-pick]") && !event.isComposing && event.isTrusted) later(event);
  });
  document.addEventListener("compositionend", (event) => {
    if (event.target.matches?.("[data-customer-pick]")) later(event);
  });
  // Before the form's own Enter, which would go to the next control.
  document.addEventListener(
    "keydown",
    (event) => {
      if (box.hidden || event.target !== input || event.isComposing) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        move(event.key === "ArrowDown" ? 1 : -1);
      } else if (event.key === "Escape") {
        event.stopPropagation();
        close();
      } else if (event.key === "Enter") {
        const item = items().find((each) => each.getAttribute("aria-current") === "true");
        if (!item) return;
        event.preventDefault();
        event.stopPropagation();
        take(item);
      }
    },
    true,
  );
  document.addEventListener("focusout", (event) => {
    if (event.target === input) setTimeout(() => box.contains(document.activeElement) || close(), 150);
  });
  box.addEventListener("mousedown", (event) => event.preventDefault());
  box.addEventListener("click", (event) => {
    const item = event.target.closest("[data-pick]");
    if (item) take(item);
  });
  window.addEventListener("resize", close);
}
