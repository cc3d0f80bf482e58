// [data-free-ranges]: the ranges that are typed belong to free periods only.
function show(select) {
  for (const place of select.form.querySelectorAll("[data-free-ranges]")) place.hidden = select.value !== "free";
}

document.addEventListener("change", (event) => {
  if (event.target.matches("select[name=calendar]")) show(event.target);
});
document.querySelectorAll("select[name=calendar]").forEach(show);
