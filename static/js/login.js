// The login page: [data-password-toggle] shows what is typed; [data-fill-login] fills a demo login in.
import { text } from "./text.js";

document.addEventListener("click", (event) => {
  const toggle = event.target.closest("[data-password-toggle]");
  if (toggle) {
    const input = toggle.parentElement.querySelector("input");
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    toggle.setAttribute("aria-pressed", String(shown));
    toggle.setAttribute("aria-label", text(shown ? "hidePassword" : "showPassword"));
    return;
  }
  const demo = event.target.closest("[data-fill-login]");
  const form = document.querySelector("[data-login-form]");
  if (!demo || !form) return;
  form.querySelector('[name="username"]').value = demo.dataset.fillLogin;
  form.querySelector('[name="password"]').value = demo.dataset.fillPassword;
  form.querySelector("button[type=submit]").focus();
});
