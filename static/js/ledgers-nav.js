// The settings' pages: on phones they stand behind a button; [data-nav-filter] leaves the entries that hold what is typed.
const menu = document.querySelector("[data-settings-menu]");
if (menu && matchMedia("(max-width: 900px)").matches) menu.open = false;

const find = menu?.querySelector("[data-nav-filter]");
if (find && menu.querySelectorAll("a").length > 8) {
  find.hidden = false;
  find.addEventListener("input", () => {
    const wanted = find.value.trim().toLowerCase();
    let heading = null;
    for (const entry of menu.querySelectorAll("li")) {
      if (entry.matches(".settings-group")) {
        heading = entry;
        heading.hidden = true;
        continue;
      }
      entry.hidden = !entry.textContent.toLowerCase().includes(wanted);
      if (!entry.hidden && heading) heading.hidden = false;
    }
  });
  find.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    menu.querySelector("li:not([hidden]) a")?.click();
  });
}
