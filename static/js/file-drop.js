// [data-file-drop]: shows the chosen file, and says at once when it is of a wrong kind or larger than data-max-mb.
import { text } from "./text.js";

const MB = 1024 * 1024;

function size(bytes) {
  return bytes < MB ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / MB).toFixed(1)} MB`;
}

function problem(area, input, file) {
  const max = Number(area.dataset.maxMb || 0);
  if (max && file.size > max * MB) return text("tooBigFile", max);
  const kinds = input.accept.split(",").map((kind) => kind.trim().toLowerCase()).filter((kind) => kind.startsWith("."));
  if (kinds.length && !kinds.some((kind) => file.name.toLowerCase().endsWith(kind))) return text("wrongType", kinds.join(" "));
  return "";
}

document.addEventListener("change", (event) => {
  const area = event.target.closest("[data-file-drop]");
  const input = event.target;
  const file = area && input.files?.[0];
  if (!file) return;
  const wrong = problem(area, input, file);
  area.querySelector("[data-file-name]").textContent = file.name;
  area.querySelector("[data-file-note]").textContent = wrong || size(file.size);
  area.classList.toggle("has-file", !wrong);
  area.classList.toggle("has-problem", Boolean(wrong));
  // The form cannot be sent with it: the browser shows the reason itself.
  input.setCustomValidity(wrong);
});

for (const [name, over] of [["dragover", true], ["dragleave", false], ["drop", false]]) {
  document.addEventListener(name, (event) => event.target.closest?.("[data-file-drop]")?.classList.toggle("is-over", over));
}
