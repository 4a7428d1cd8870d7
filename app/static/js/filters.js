// The operator is part of the field's name; empty fields are not sent.
export function start() {
  if (window.matchMedia("(max-width: 767px)").matches)
    document.querySelectorAll("details[data-fold='1']").forEach((fold) => { fold.open = false; });
  document.querySelectorAll("form[data-filterbar]").forEach((form) => {
    form.querySelectorAll("select[data-operator]").forEach((operator) =>
      operator.addEventListener("change", () => rename(operator)));
    form.addEventListener("submit", () => {
      form.querySelectorAll("[name^=_flt_]").forEach((field) => {
        if (!field.value) field.disabled = true;
      });
    });
    window.addEventListener("pageshow", () => {
      form.querySelectorAll("[name^=_flt_]:disabled").forEach((field) => { field.disabled = false; });
    });
  });
}

function rename(operator) {
  const field = operator.closest(".filter").querySelector("[name^=_flt_]");
  field.name = `_flt_${operator.value}_${operator.dataset.operator}`;
  field.focus();
}
