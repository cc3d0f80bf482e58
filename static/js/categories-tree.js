// [data-tree]: a flat list of .tree-node with data-depth. Folding, searching on the page, Alt+↑/↓, and dragging a branch, which posts the form
// whose id stands in data-tree-place (fields category, target, where). Without this module the tree is open and is ordered by buttons.

const tree = document.querySelector("[data-tree]");

function depthOf(node) {
  return Number(node.dataset.depth);
}

function branchOf(node) {
  const found = [];
  for (let next = node.nextElementSibling; next && depthOf(next) > depthOf(node); next = next.nextElementSibling) found.push(next);
  return found;
}

// A node is shown when every node above it is open; one pass over the list, from top to bottom.
function redraw() {
  let hiddenBelow = Infinity;
  for (const node of tree.children) {
    const depth = depthOf(node);
    if (depth <= hiddenBelow) hiddenBelow = Infinity;
    node.hidden = depth > hiddenBelow;
    const fold = node.querySelector(".tree-fold");
    if (fold && fold.getAttribute("aria-expanded") === "false" && hiddenBelow === Infinity) hiddenBelow = depth;
  }
}

function foldAll() {
  for (const fold of tree.querySelectorAll(".tree-fold")) fold.setAttribute("aria-expanded", "false");
  const current = tree.querySelector(".is-current");
  let depth = current ? depthOf(current) : 0;
  for (let node = current; node; node = node.previousElementSibling) {
    if (depthOf(node) < depth) {
      depth = depthOf(node);
      node.querySelector(".tree-fold")?.setAttribute("aria-expanded", "true");
    }
  }
}

function search(words) {
  const wanted = words.normalize("NFKC").trim().toLowerCase();
  if (!wanted) {
    redraw();
    return;
  }
  let shownAbove = -1;
  for (const node of [...tree.children].reverse()) {
    const found = node.dataset.key.includes(wanted);
    const above = depthOf(node) < shownAbove;
    node.hidden = !found && !above;
    if (found || above) shownAbove = depthOf(node);
    else if (depthOf(node) < shownAbove) shownAbove = -1;
  }
}

function setUpDragging(form) {
  let dragged = null;
  let target = null;
  const clear = () => target?.classList.remove("drop-before", "drop-after", "drop-inside");

  tree.addEventListener("dragstart", (event) => {
    const link = event.target.closest("a[data-id]");
    dragged = link?.closest(".tree-node") ?? null;
    if (dragged) event.dataTransfer.setData("text/plain", link.textContent.trim());
  });
  tree.addEventListener("dragover", (event) => {
    const node = event.target.closest(".tree-node");
    clear();
    target = null;
    if (!dragged || !node || node === dragged || branchOf(dragged).includes(node)) return;
    event.preventDefault();
    target = node;
    const box = node.getBoundingClientRect();
    const part = (event.clientY - box.top) / box.height;
    node.classList.add(part < 0.3 ? "drop-before" : part > 0.7 ? "drop-after" : "drop-inside");
  });
  tree.addEventListener("dragend", () => {
    clear();
    dragged = null;
  });
  tree.addEventListener("drop", (event) => {
    if (!dragged || !target) return;
    event.preventDefault();
    const where = ["before", "after", "inside"].find((each) => target.classList.contains(`drop-${each}`));
    form.elements.category.value = dragged.querySelector("[data-id]").dataset.id;
    form.elements.target.value = target.querySelector("[data-id]").dataset.id;
    form.elements.where.value = where;
    clear();
    form.requestSubmit();
  });
  tree.addEventListener("keydown", (event) => {
    const node = event.target.closest?.(".tree-node");
    if (!node || !event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    const up = event.key === "ArrowUp";
    let other = up ? node.previousElementSibling : node.nextElementSibling;
    while (other && depthOf(other) > depthOf(node)) other = up ? other.previousElementSibling : other.nextElementSibling;
    if (!other || depthOf(other) < depthOf(node)) return;
    form.elements.category.value = node.querySelector("[data-id]").dataset.id;
    form.elements.target.value = other.querySelector("[data-id]").dataset.id;
    form.elements.where.value = up ? "before" : "after";
    form.requestSubmit();
  });
}

if (tree) {
  if ("treeFolded" in tree.dataset) foldAll();
  redraw();
  tree.addEventListener("click", (event) => {
    const fold = event.target.closest(".tree-fold");
    if (!fold) return;
    fold.setAttribute("aria-expanded", String(fold.getAttribute("aria-expanded") === "false"));
    redraw();
  });
  const box = document.querySelector(".category-search input[type=search]");
  box?.addEventListener("input", (event) => {
    if (!event.isComposing) search(box.value);
  });
  const form = document.getElementById(tree.dataset.treePlace ?? "");
  if (form) setUpDragging(form);
  tree.querySelector(".is-current .tree-name")?.focus({ preventScroll: true });
  tree.querySelector(".is-current")?.scrollIntoView({ block: "nearest" });
}
