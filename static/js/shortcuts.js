// [data-shortcut="n"]: that key, outside any control, focuses the control or clicks the link or button. "?" shows the list; Ctrl+Enter submits.

function isTyping(target) {
  return target.isContentEditable || target.matches("input:not([type=checkbox], [type=radio]), textarea, select");
}

function keyOf(event) {
  // Chinese input methods turn "/" into "、" and "?" into "？".
  return { "、": "/", "？": "?" }[event.key] ?? event.key;
}

function use(element) {
  if (element.matches("input, select, textarea")) {
    element.focus();
    element.select?.();
  } else {
    element.click();
  }
}

function showList() {
  for (const panel of document.querySelectorAll(":popover-open")) panel.hidePopover();
  document.querySelector("[data-shortcuts-dialog]")?.showModal();
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.altKey) return;
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
    const form = event.target.closest("form[method=post]");
    if (form) {
      event.preventDefault();
      form.requestSubmit();
    }
    return;
  }
  if (event.ctrlKey || event.metaKey || isTyping(event.target) || document.querySelector("dialog[open]")) return;
  const key = keyOf(event);
  if (key === "?") {
    event.preventDefault();
    showList();
    return;
  }
  const element = [...document.querySelectorAll("[data-shortcut]")].find((one) => one.dataset.shortcut === key && one.offsetParent);
  if (element) {
    event.preventDefault();
    use(element);
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-shortcuts-open]")) showList();
});
