// [data-copy="value"] copies the value. Sites served without TLS have no clipboard API: there the old command is used.
import { text } from "./text.js";
import { toast } from "./toast.js";

function copyByCommand(value) {
  const area = document.createElement("textarea");
  area.value = value;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

async function copy(value) {
  try {
    await navigator.clipboard.writeText(value);
    return true;
  } catch {
    return copyByCommand(value);
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const done = await copy(button.dataset.copy);
  button.focus();
  if (done) toast(text("copied"));
  else toast(text("copyFailed"), "danger");
});
