// A press with consequences is asked about first: what, how many, and why.
import { countFirst } from "./sheet.js";

let dialog, pressed;

export function start() {
  dialog = document.getElementById("ask");
  if (!dialog || !dialog.showModal) return;
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-confirm]");
    if (!button || button.disabled || button.dataset.agreed) return;
    event.preventDefault();
    if (button.form && !button.form.reportValidity()) return;
    await countFirst(button);
    ask(button);
  });
  dialog.querySelector("form").addEventListener("submit", agree);
  dialog.querySelector("[data-cancel]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
}

function ask(button) {
  pressed = button;
  const menu = button.closest("details.menu");
  if (menu) menu.open = false;
  const { title, confirm, note, month, count, countNote, tone } = button.dataset;
  part("title").textContent = title || button.textContent.trim();
  show("sentence", confirm && confirm !== title ? confirm : "");
  show("number", count || "");
  part("count").hidden = !count;
  const chosen = button.form && button.form.querySelector("select[data-told]");
  show("count-note", countNote || (chosen ? chosen.selectedOptions[0].textContent : ""));
  part("note").hidden = !note;
  const area = dialog.querySelector("textarea");
  area.value = "";
  area.required = note === "required";
  part("optional").hidden = note === "required";
  askMonth(month, button.dataset.monthLabel);
  const go = part("go");
  go.textContent = title || button.textContent.trim();
  go.className = `btn ${tone === "danger" ? "btn-danger" : "btn-primary"}`;
  dialog.showModal();
  (note ? area : go).focus();
}

function agree(event) {
  event.preventDefault();
  const note = dialog.querySelector("textarea").value.trim();
  const form = pressed.form;
  form.querySelectorAll("input[data-note-sent]").forEach((old) => old.remove());
  send(form, "note", note);
  if (pressed.dataset.month) send(form, "month", dialog.querySelector("#ask-month").value);
  dialog.close();
  pressed.dataset.agreed = "1";
  pressed.click();
  delete pressed.dataset.agreed;
}

// `told`: the month that is chosen already, the first and the last that may be.
function askMonth(told, label) {
  const field = dialog.querySelector("#ask-month");
  const [value = "", min = "", max = ""] = (told || "").split(" ");
  part("month").hidden = !told;
  part("month-label").textContent = label || "";
  Object.assign(field, { min, max, value, required: Boolean(told) });
}

function send(form, name, value) {
  if (!value) return;
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name, value });
  field.dataset.noteSent = "";
  form.append(field);
}

const part = (name) => dialog.querySelector(`[data-ask="${name}"]`);

function show(name, text) {
  part(name).textContent = text;
  part(name).hidden = !text;
}
