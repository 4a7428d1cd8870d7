// A plain text field that offers names while one types; without this it is still a text field.
const PAUSE = 180;

export function start() {
  document.querySelectorAll("input[data-suggest]").forEach((field) => {
    const list = document.createElement("datalist");
    list.id = `${field.id}-names`;
    field.after(list);
    field.setAttribute("list", list.id);
    let waiting;
    field.addEventListener("input", () => {
      clearTimeout(waiting);
      if (field.value.trim()) waiting = setTimeout(() => offer(field, list), PAUSE);
    });
  });
}

async function offer(field, list) {
  const address = new URL(field.dataset.suggest, window.location.href);
  address.searchParams.set("q", field.value.trim());
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    const names = await answer.json();
    list.replaceChildren(...names.map(({ text }) => new Option(text, text)));
  } catch { list.replaceChildren(); }
}
