// The sidebar: [data-nav-open] slides it in on phones, [data-nav-close] and Esc out; [data-nav-collapse] narrows it on wide screens.
import { remember } from "./storage.js";

const root = document.documentElement;
let opener = null;

function open(button) {
  opener = button;
  root.classList.add("nav-open");
  button.setAttribute("aria-expanded", "true");
  // What lies under the panel cannot be reached by Tab while it is open.
  for (const part of document.querySelectorAll(".topbar, .page-main, .bottombar")) part.inert = true;
  document.querySelector("[data-nav-panel] a")?.focus();
}

function close() {
  if (!opener) return;
  root.classList.remove("nav-open");
  opener.setAttribute("aria-expanded", "false");
  for (const part of document.querySelectorAll(".topbar, .page-main, .bottombar")) part.inert = false;
  opener.focus();
  opener = null;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-nav-open]");
  if (button) open(button);
  else if (event.target.closest("[data-nav-close]")) close();
  else if (event.target.closest("[data-nav-collapse]")) {
    const collapsed = root.dataset.nav === "collapsed";
    if (collapsed) delete root.dataset.nav;
    else root.dataset.nav = "collapsed";
    remember("nav", collapsed ? null : "collapsed");
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") close();
});
// A phone turned on its side may be wide enough for the ordinary sidebar.
matchMedia("(width >= 900px)").addEventListener("change", close);
