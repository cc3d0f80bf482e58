// [data-base-currency]: the base currency is no further currency, so its box is not offered.
function hideBase(select) {
  for (const box of select.form.querySelectorAll("input[name=further]")) box.closest("label").hidden = box.value === select.value;
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-base-currency]")) hideBase(event.target);
});
document.querySelectorAll("[data-base-currency]").forEach(hideBase);
