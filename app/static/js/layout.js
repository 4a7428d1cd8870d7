// A bank format being drawn up: rows added, moved, taken out, and the file's first lines beside it.
import { token } from "./reveal.js";

const PAUSE = 350;

export function start() {
  const form = document.querySelector("form[data-layout]");
  if (!form) return;
  let due;
  let asked = 0;
  const soon = () => { clearTimeout(due); due = setTimeout(ask, PAUSE); };
  const ask = async () => {
    const turn = ++asked;
    const said = await specimen(form);
    if (turn === asked) paint(form, said);
  };
  form.addEventListener("input", soon);
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-row]");
    if (!button) return;
    event.preventDefault();
    act(form, button);
    soon();
  });
}

function act(form, button) {
  const row = button.closest("[data-layout-row]");
  const what = button.dataset.row;
  if (what === "add") return add(form, button.dataset.part);
  if (what === "out") return row.remove();
  const other = what === "up" ? row.previousElementSibling : row.nextElementSibling;
  if (!other) return undefined;
  if (what === "up") other.before(row); else other.after(row);
  button.focus();
  return undefined;
}

let next = 1000;

function add(form, part) {
  const made = form.querySelector(`template[data-part="${part}"]`).content.cloneNode(true);
  const number = String(next++);
  for (const el of made.querySelectorAll("[name], [id], [for], [aria-describedby]"))
    for (const name of ["name", "id", "for", "aria-describedby"])
      if (el.hasAttribute(name)) el.setAttribute(name, el.getAttribute(name).replace("__n__", number));
  const list = form.querySelector(`[data-rows="${part}"]`);
  list.append(made);
  list.lastElementChild.querySelector("select, input").focus();
}

async function specimen(form) {
  try {
    const answer = await fetch(form.dataset.layout, {
      method: "POST",
      headers: { "X-CSRFToken": token(), Accept: "application/json" },
      body: new URLSearchParams(new FormData(form)),
    });
    const said = await answer.json();
    return answer.ok ? said : { problem: said.error || answer.statusText };
  } catch (why) {
    return { problem: why.message };
  }
}

function paint(form, said) {
  const box = form.querySelector("[data-specimen]");
  const wrong = box.querySelector("[data-specimen-problem]");
  const none = box.querySelector("[data-specimen-none]");
  if (none) none.remove();
  wrong.hidden = !said.problem;
  wrong.querySelector("span").textContent = said.problem;
  if (said.problem) return;
  box.querySelector("[data-specimen-file]").textContent = said.file;
  box.querySelector("pre code").textContent = said.lines.join("\n");
  const unable = box.querySelector("ul");
  unable.replaceChildren(...said.unable.map((sentence) => {
    const item = document.createElement("li");
    item.textContent = sentence;
    return item;
  }));
}
