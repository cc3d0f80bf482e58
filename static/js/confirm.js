// form[data-confirm="question"]: asks before it is sent; [data-confirm-reason="label"] also asks why and posts the answer as "reason".
// hx-confirm asks through the same dialog. Without a script the form is simply sent: the server decides anyway.
import { text } from "./text.js";

const asked = new WeakSet();

function dialogOf() {
  return document.querySelector("[data-confirm-dialog]");
}

/** Asks; resolves to false, or to {reason}. Fields: title, question, ok, danger, reason (label, or empty). */
export function ask({ title, question, ok, danger, reason }) {
  const dialog = dialogOf();
  const part = (name) => dialog.querySelector(`[data-confirm-${name}]`);
  const area = dialog.querySelector("textarea");
  part("title").textContent = title || text("confirmTitle");
  part("text").textContent = question ?? "";
  part("ok").textContent = ok || text("confirmOk");
  part("ok").className = danger ? "btn btn-danger-fill" : "btn btn-primary";
  part("reason-field").hidden = !reason;
  part("reason-label").textContent = reason ?? "";
  area.required = Boolean(reason);
  area.value = "";
  dialog.returnValue = "cancel";
  dialog.showModal();
  (reason ? area : part("ok")).focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "ok" && { reason: area.value.trim() }), { once: true });
  });
}

function putReason(form, value) {
  let input = form.querySelector('input[name="reason"]');
  if (!input) {
    input = document.createElement("input");
    input.type = "hidden";
    input.name = "reason";
    form.append(input);
  }
  input.value = value;
}

async function askForForm(form, submitter) {
  const { confirm, confirmTitle, confirmOk, confirmDanger, confirmReason } = form.dataset;
  const answer = await ask({
    title: confirmTitle,
    question: confirm,
    ok: confirmOk,
    danger: confirmDanger !== undefined,
    reason: confirmReason,
  });
  if (!answer) return;
  if (confirmReason) putReason(form, answer.reason);
  asked.add(form);
  form.requestSubmit(submitter);
}

// In the capturing phase, so that nothing else (submit-once, htmx) sees a form that is not agreed to yet.
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!form.matches("form[data-confirm]") || !dialogOf()) return;
    if (asked.delete(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    askForForm(form, event.submitter);
  },
  true,
);

document.addEventListener("htmx:confirm", async (event) => {
  if (!event.detail.question || !dialogOf()) return;
  event.preventDefault();
  const { confirmTitle, confirmOk, confirmDanger } = event.target.dataset;
  const answer = await ask({
    title: confirmTitle,
    question: event.detail.question,
    ok: confirmOk,
    danger: confirmDanger !== undefined,
  });
  if (answer) event.detail.issueRequest(true);
});

// Esc and the back of the dialog mean no, whatever was answered the time before.
document.addEventListener(
  "cancel",
  (event) => {
    if (event.target === dialogOf()) event.target.returnValue = "cancel";
  },
  true,
);
