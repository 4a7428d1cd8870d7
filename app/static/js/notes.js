// Messages can be put away; good news goes by itself.
export function start() {
  document.querySelectorAll("[data-close-note]").forEach((button) =>
    button.addEventListener("click", () => button.closest(".note").remove()));
  document.querySelectorAll("[data-print]").forEach((button) =>
    button.addEventListener("click", () => window.print()));
  document.querySelectorAll("select[data-go]").forEach((select) =>
    select.addEventListener("change", () => select.form.requestSubmit()));
  const toasts = document.querySelector("[data-toasts]");
  if (toasts && toasts.children.length)
    setTimeout(() => toasts.querySelectorAll(".note.is-success").forEach((n) => n.remove()), 8000);
}
