// The words scripts show, read from components/ui_text.html so that they are translated with the page.

/** The text named key (camelCase of its data- attribute); %n in it becomes n. */
export function text(key, n = "") {
  const words = document.querySelector("[data-ui-text]")?.dataset[key] ?? "";
  return words.replace("%n", String(n));
}
