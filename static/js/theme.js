// [data-theme-choice="auto|light|dark"]: chooses the theme, kept in this browser. The first paint is early.js's affair.
import { recall, remember } from "./storage.js";

const system = matchMedia("(prefers-color-scheme: dark)");

function apply() {
  const choice = recall("theme") ?? "auto";
  const dark = choice === "dark" || (choice === "auto" && system.matches);
  document.documentElement.dataset.bsTheme = dark ? "dark" : "light";
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice));
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-choice]");
  if (!button) return;
  remember("theme", button.dataset.themeChoice === "auto" ? null : button.dataset.themeChoice);
  apply();
});
system.addEventListener("change", apply);
apply();
