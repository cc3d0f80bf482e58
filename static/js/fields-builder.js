// [data-builder="id of a text area"]: rows of field, comparison and value, joined by 且 or 或, that write the expression below them. What is
// written by hand is read back into rows as long as it is that simple; otherwise the rows step aside and say so.

const form = document.querySelector("[data-builder-fields]");
const fields = JSON.parse(form?.dataset.builderFields ?? "[]");
const OPERATORS = {
  number: ["=", "<>", ">", ">=", "<", "<=", "为空", "不为空"],
  date: ["=", "<>", ">", ">=", "<", "<=", "为空", "不为空"],
  text: ["=", "<>", "包含", "为空", "不为空"],
  path: ["=", "包含", "为空", "不为空"],
  list: ["包含", "为空", "不为空"],
  boolean: ["="],
  reference: ["为空", "不为空"],
};
const WORDS = { "=": "等于", "<>": "不等于", ">": "大于", ">=": "不小于", "<": "小于", "<=": "不大于" };
const CLAUSE = /^\[([^\]]+)\]\s*(?:(为空|不为空)|(=|<>|>=|<=|>|<|包含)\s*(.+))$/;

function options(select, list, value) {
  select.replaceChildren(...list.map(([each, label]) => new Option(label, each, false, each === value)));
}

function quoted(text) {
  return `"${text.replaceAll('"', '""')}"`;
}

function unquoted(text) {
  const found = /^["“](.*)["”]$/.exec(text) ?? /^#(.*)#$/.exec(text);
  return (found ? found[1] : text).replaceAll('""', '"');
}

// The text cut at 且 and 或 outside of quotes; null when both stand in it or brackets group.
function clauses(text) {
  const parts = [];
  let join = "";
  let start = 0;
  let end = "";
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    if (end) {
      if (sign === end) end = "";
    } else if (sign === '"') end = '"';
    else if (sign === "[") end = "]";
    else if (sign === "(" || sign === "（") return null;
    else if (sign === "且" || sign === "或") {
      if (join && join !== sign) return null;
      join = sign;
      parts.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  parts.push(text.slice(start).trim());
  return { join: join || "且", parts };
}

function read(text) {
  if (!text.trim()) return { join: "且", rows: [] };
  const cut = clauses(text);
  if (!cut) return null;
  const rows = cut.parts.map((part) => {
    const found = CLAUSE.exec(part);
    const field = found && fields.find((each) => each.label === found[1]);
    const operator = found?.[2] ?? found?.[3];
    if (!field || !OPERATORS[field.kind]?.includes(operator)) return null;
    if (found[4] && /[[\]+*/&]/.test(found[4].replace(/["“].*["”]/, ""))) return null;
    return { field, operator, value: found[4] ? unquoted(found[4].trim()) : "" };
  });
  return rows.includes(null) ? null : { join: cut.join, rows };
}

function valueControl(field, operator, value) {
  if (operator.endsWith("为空")) return null;
  if (field.kind === "boolean" || field.options.length) {
    const select = document.createElement("select");
    const list = field.kind === "boolean" ? ["是", "否"] : field.options;
    options(select, [["", "—"], ...list.map((each) => [each, each])], list.includes(value) ? value : "");
    if (value && !list.includes(value)) select.add(new Option(value, value, true, true));
    return select;
  }
  const input = document.createElement("input");
  input.type = field.kind === "date" ? "date" : "text";
  if (field.kind === "number") input.inputMode = "decimal";
  input.value = value;
  return input;
}

function written(row) {
  const field = fields.find((each) => each.label === row.querySelector("[data-builder-field]").value);
  const operator = row.querySelector("[data-builder-operator]").value;
  const control = row.querySelector("[data-builder-value]").firstElementChild;
  if (operator.endsWith("为空")) return `[${field.label}] ${operator}`;
  const value = control?.value.trim() ?? "";
  if (!value) return "";
  const text = field.kind === "number" || field.kind === "boolean" ? value : field.kind === "date" ? `#${value}#` : quoted(value);
  return `[${field.label}] ${operator} ${text}`;
}

function start(builder) {
  const area = document.getElementById(builder.dataset.builder);
  const list = builder.querySelector("[data-builder-rows]");
  const join = builder.querySelector("[data-builder-join]");
  let writing = false;

  function refresh(row, value) {
    const field = fields.find((each) => each.label === row.querySelector("[data-builder-field]").value);
    const operator = row.querySelector("[data-builder-operator]");
    const wanted = OPERATORS[field.kind].includes(operator.value) ? operator.value : OPERATORS[field.kind][0];
    options(operator, OPERATORS[field.kind].map((each) => [each, WORDS[each] ?? each]), wanted);
    const control = valueControl(field, wanted, value ?? "");
    control?.setAttribute("aria-label", "值");
    row.querySelector("[data-builder-value]").replaceChildren(...(control ? [control] : []));
  }

  function add(given) {
    const row = builder.querySelector("[data-builder-template]").content.firstElementChild.cloneNode(true);
    options(row.querySelector("[data-builder-field]"), fields.map((each) => [each.label, each.label]), given?.field.label ?? fields[0].label);
    options(row.querySelector("[data-builder-operator]"), given ? [[given.operator, given.operator]] : [], given?.operator);
    list.append(row);
    refresh(row, given?.value);
    return row;
  }

  function write() {
    const parts = [...list.children].map(written).filter(Boolean);
    writing = true;
    area.value = parts.join(` ${join.value} `);
    area.dispatchEvent(new Event("input", { bubbles: true }));
    writing = false;
  }

  function show() {
    const found = read(area.value);
    builder.querySelector("[data-builder-complex]").hidden = found !== null;
    list.replaceChildren();
    join.hidden = (found?.rows.length ?? 0) < 2;
    builder.querySelector("[data-builder-add]").hidden = found === null;
    if (!found) return;
    join.value = found.join;
    found.rows.forEach(add);
  }

  builder.addEventListener("change", (event) => {
    const row = event.target.closest("[data-builder-row]");
    if (row && event.target.matches("[data-builder-field]")) refresh(row);
    else if (row && event.target.matches("[data-builder-operator]")) refresh(row, row.querySelector("[data-builder-value]").firstElementChild?.value);
    write();
  });
  builder.addEventListener("input", (event) => {
    if (event.target.closest("[data-builder-value]") && !event.isComposing) write();
  });
  builder.addEventListener("click", (event) => {
    if (event.target.closest("[data-builder-add]")) {
      add().querySelector("select").focus();
      join.hidden = list.children.length < 2;
    } else if (event.target.closest("[data-builder-remove]")) {
      event.target.closest("[data-builder-row]").remove();
      join.hidden = list.children.length < 2;
      write();
    }
  });
  area.addEventListener("input", () => {
    if (!writing) show();
  });
  builder.hidden = false;
  show();
}

if (fields.length) document.querySelectorAll("[data-builder]").forEach(start);
