// [data-dismiss] takes away the alert around it; [data-dismiss=".selector"] the nearest element that matches.

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-dismiss]");
  button?.closest(button.dataset.dismiss || ".alert")?.remove();
});
