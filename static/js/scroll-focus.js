// .table-scroll that really scrolls can be reached by Tab, so that arrow keys move it; one that fits is no stop on the way.

function refresh() {
  for (const area of document.querySelectorAll(".table-scroll")) {
    const scrolls = area.scrollWidth > area.clientWidth || area.scrollHeight > area.clientHeight;
    if (scrolls) area.tabIndex = 0;
    else area.removeAttribute("tabindex");
  }
}

document.addEventListener("htmx:load", refresh);
window.addEventListener("resize", refresh);
window.addEventListener("load", refresh);
