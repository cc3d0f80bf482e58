/* Buttons that print the page.
   Lives here: data-print. Not here: what paper shows (css/print.css). */

for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => window.print());
}
