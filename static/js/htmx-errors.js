// A part of the page that could not be fetched says so: what happened, that nothing typed is lost, and the request's number.
import { text } from "./text.js";
import { toast } from "./toast.js";

const WORDS = { 401: "expired", 403: "forbidden", 404: "missing", 409: "conflict", 413: "tooLarge", 429: "tooMany" };

/** The server's own words: "message" or "detail" of JSON, or the element [data-error-message] of an error page. */
function wordsOf(xhr) {
  const type = xhr.getResponseHeader("Content-Type") ?? "";
  try {
    if (type.includes("json")) {
      const body = JSON.parse(xhr.responseText);
      return body.message ?? body.detail ?? "";
    }
    if (type.includes("html")) {
      const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
      return page.querySelector("[data-error-message]")?.textContent.trim() ?? "";
    }
  } catch {
    // an answer cut short: the words for its status will do
  }
  return "";
}

/** A part that asks again and again gets no other answer when it is refused: it stays as it is and asks no more. */
function stopAsking(element) {
  if (!element.getAttribute("hx-trigger")?.startsWith("every")) return;
  const still = element.cloneNode(true);
  still.removeAttribute("hx-get");
  still.removeAttribute("hx-trigger");
  element.replaceWith(still);
}

document.addEventListener("htmx:responseError", (event) => {
  const { xhr, elt } = event.detail;
  if (xhr.status < 500) stopAsking(elt);
  const words = wordsOf(xhr) || text(WORDS[xhr.status] ?? (xhr.status < 500 ? "clientError" : "serverError"));
  const id = xhr.getResponseHeader("X-Request-ID");
  toast(words, "danger", id ? `${text("requestId")} ${id}` : "");
});
// The login page in place of a part of the page: the session ended, and the redirect was followed unseen.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!event.detail.xhr.responseText.includes("data-login-form")) return;
  event.detail.shouldSwap = false;
  stopAsking(event.detail.elt);
  toast(text("expired"), "danger");
});
document.addEventListener("htmx:sendError", () => toast(text("offline"), "danger"));
document.addEventListener("htmx:timeout", () => toast(text("timeout"), "danger"));
