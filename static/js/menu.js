// Menus are native popovers (open, close and Esc need no script). Here: placing them at their button, arrow keys, [data-menu-filter].

const GAP = 4;

function buttonOf(panel) {
  return document.querySelector(`[popovertarget="${CSS.escape(panel.id)}"]`);
}

function place(panel) {
  const button = buttonOf(panel);
  if (!button) return;
  const box = button.getBoundingClientRect();
  const { innerWidth, innerHeight } = window;
  const below = innerHeight - box.bottom;
  const style = panel.style;
  const upwards = below < Math.min(panel.offsetHeight, 480) + GAP && box.top > below;
  style.top = upwards ? "auto" : `${box.bottom + GAP}px`;
  style.bottom = upwards ? `${innerHeight - box.top + GAP}px` : "auto";
  style.maxHeight = `${Math.max(160, (upwards ? box.top : below) - 3 * GAP)}px`;
  const fromLeft = panel.dataset.align === "start" || box.right < panel.offsetWidth;
  style.left = fromLeft ? `${Math.min(box.left, innerWidth - panel.offsetWidth - GAP)}px` : "auto";
  style.right = fromLeft ? "auto" : `${Math.max(GAP, innerWidth - box.right)}px`;
}

function items(panel) {
  return [...panel.querySelectorAll(".menu-item")].filter((item) => item.offsetParent !== null);
}

// Toggle events do not bubble, so they are caught on the way down.
document.addEventListener(
  "beforetoggle",
  (event) => {
    if (!event.target.matches?.(".menu-panel") || event.newState !== "open") return;
    // The size is known only once it is shown: place it roughly now, exactly in the same frame.
    place(event.target);
    requestAnimationFrame(() => place(event.target));
  },
  true,
);
document.addEventListener(
  "toggle",
  (event) => {
    if (!event.target.matches?.(".menu-panel")) return;
    const open = event.newState === "open";
    buttonOf(event.target)?.setAttribute("aria-expanded", String(open));
    if (open) event.target.querySelector("[data-menu-filter]")?.focus();
  },
  true,
);

document.addEventListener("keydown", (event) => {
  if (!["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
  const panel = document.querySelector(".menu-panel:popover-open");
  if (!panel) return;
  const list = items(panel);
  if (!list.length) return;
  event.preventDefault();
  const at = list.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at < 0 ? -1 : at - 1, Home: 0, End: -1 }[event.key];
  list.at(next % list.length).focus();
});

document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-menu-filter]")) return;
  const wanted = event.target.value.trim().toLowerCase();
  for (const item of event.target.closest(".menu-panel").querySelectorAll("li:has(> .menu-item)")) {
    item.hidden = !item.textContent.toLowerCase().includes(wanted);
  }
});

// A menu fixed to the window would stay behind when the page scrolls under it.
window.addEventListener("scroll", () => document.querySelector(".menu-panel:popover-open")?.hidePopover(), { passive: true });
