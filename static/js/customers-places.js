// Province, city, district of the form follow each other: a list of the cities of the chosen province, of the districts of the chosen city.
// The form's [data-places-url] answers {cities, districts}; typing anything else stays possible.

const form = document.querySelector("[data-places-url]");
let asked = "";

function field(name) {
  return form.elements[name];
}

function offer(input, names) {
  if (!input) return;
  const id = `${input.name}-places`;
  let list = document.getElementById(id);
  if (!list) {
    list = Object.assign(document.createElement("datalist"), { id });
    form.append(list);
    input.setAttribute("list", id);
  }
  list.replaceChildren(...names.map((name) => Object.assign(document.createElement("option"), { value: name })));
}

async function follow() {
  const province = field("province")?.value.trim() ?? "";
  const city = field("city")?.value.trim() ?? "";
  const query = new URLSearchParams({ province, city }).toString();
  if (!province || query === asked) return;
  asked = query;
  const answer = await fetch(`${form.dataset.placesUrl}?${query}`, { headers: { Accept: "application/json" } });
  if (!answer.ok || query !== asked) return;
  const { cities, districts } = await answer.json();
  offer(field("city"), cities);
  offer(field("district"), districts);
}

if (form && field("province")) {
  form.addEventListener("change", (event) => {
    if (["province", "city"].includes(event.target.name)) follow();
  });
  form.addEventListener("focusin", (event) => {
    if (["city", "district"].includes(event.target.name)) follow();
  });
}
