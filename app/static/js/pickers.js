// Selects that ask the server while one types, and long plain selects one can type in.
import { token } from "./reveal.js";

export function start() {
  if (!window.TomSelect) return;
  document.querySelectorAll("select[data-endpoint]").forEach(remote);
  document.querySelectorAll("select.my_select2[multiple], select[data-search]").forEach(plain);
}

const words = () => document.body.dataset;

function shared(select) {
  select.classList.remove("form-select", "form-control");
  return {
    plugins: select.multiple ? ["remove_button"] : ["clear_button"],
    placeholder: select.dataset.placeholder || "",
    hidePlaceholder: true,
    maxOptions: 200,
    render: {
      option: row, item: (data, escape) => `<div>${escape(data.text)}</div>`,
      no_results: () => line("no-results", words().nothingFound),
      loading: () => line("spinner-line", words().searching),
    },
  };
}

function remote(select) {
  const address = new URL(select.dataset.endpoint, window.location.href);
  new window.TomSelect(select, {
    ...shared(select),
    valueField: "value", labelField: "text", searchField: [],
    preload: select.dataset.preload === "1" ? "focus" : false,
    shouldLoad: (typed) => typed.trim().length > 0 || select.dataset.preload === "1",
    load(typed, done) {
      address.searchParams.set("q", typed);
      fetch(address, { headers: { Accept: "application/json", "X-CSRFToken": token() } })
        .then((answer) => answer.json()).then((rows) => { this.clearOptions(); done(rows.results || rows); })
        .catch(() => done());
    },
  });
}

function plain(select) {
  new window.TomSelect(select, shared(select));
}

function row(data, escape) {
  return `<div>${escape(data.text)}${data.hint ? `<small>${escape(data.hint)}</small>` : ""}</div>`;
}

function line(name, text) {
  const box = document.createElement("div");
  box.className = name;
  box.textContent = text || "";
  return box;
}
