// Copies the few front-end files the product ships from node_modules to static/vendor, and builds the icon sprite.
// Lives here: which files are shipped and under which licence. Not here: versions (package.json), icon names (icons.txt).

import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "node_modules");
const staticDir = join(here, "..", "..", "static");
const vendorDir = join(staticDir, "vendor");

const packages = [
  {
    name: "@tabler/core",
    folder: "tabler",
    files: { "dist/css/tabler.min.css": "tabler.min.css" },
    licence: join(here, "licences", "tabler-core.txt"),
  },
  {
    name: "htmx.org",
    folder: "htmx",
    files: { "dist/htmx.min.js": "htmx.min.js" },
    licence: join(modules, "htmx.org", "LICENSE"),
  },
  {
    name: "@alpinejs/csp",
    folder: "alpine",
    files: { "dist/cdn.min.js": "alpine-csp.min.js" },
    licence: join(here, "licences", "alpinejs-csp.txt"),
  },
  {
    name: "@tabler/icons",
    folder: "icons",
    files: {},
    licence: join(modules, "@tabler", "icons", "LICENSE"),
  },
];

const shipped = [];

function record(path, name, version) {
  const bytes = readFileSync(join(staticDir, path));
  shipped.push([path, `${name}@${version}`, `sha256:${createHash("sha256").update(bytes).digest("hex")}`].join("  "));
}

function versionOf(name) {
  return JSON.parse(readFileSync(join(modules, name, "package.json"), "utf8")).version;
}

function copyPackage({ name, folder, files, licence }) {
  const target = join(vendorDir, folder);
  mkdirSync(target, { recursive: true });
  for (const [source, file] of Object.entries(files)) {
    // The maps are not shipped, and a reference to a missing one stops collectstatic.
    const text = readFileSync(join(modules, name, source), "utf8").replace(/\n?(\/\*|\/\/)# sourceMappingURL=\S+( \*\/)?\s*$/, "\n");
    writeFileSync(join(target, file), text);
    record(`vendor/${folder}/${file}`, name, versionOf(name));
  }
  cpSync(licence, join(target, "LICENSE"));
  record(`vendor/${folder}/LICENSE`, name, versionOf(name));
}

function symbol(icon) {
  const path = join(modules, "@tabler", "icons", "icons", "outline", `${icon}.svg`);
  if (!existsSync(path)) throw new Error(`no such icon: ${icon}`);
  const body = readFileSync(path, "utf8")
    .replace(/<!--[\s\S]*?-->/g, "")
    .replace(/^[\s\S]*?<svg[^>]*>|<\/svg>\s*$/g, "")
    .replace('<path stroke="none" d="M0 0h24v24H0z" fill="none" />', "")
    .replace(/\s*\n\s*/g, "");
  // Colour and line come from the .icon class: they are inherited through <use>.
  return `<symbol id="${icon}" viewBox="0 0 24 24">${body}</symbol>`;
}

function buildSprite() {
  const icons = readFileSync(join(here, "icons.txt"), "utf8").split("\n").filter(Boolean);
  const sprite = ['<svg xmlns="http://www.w3.org/2000/svg">', ...icons.map(symbol), "</svg>", ""].join("\n");
  writeFileSync(join(staticDir, "icons.svg"), sprite);
  record("icons.svg", "@tabler/icons", versionOf("@tabler/icons"));
}

packages.forEach(copyPackage);
buildSprite();
writeFileSync(join(vendorDir, "VERSIONS"), shipped.join("\n") + "\n");
console.log(shipped.join("\n"));
