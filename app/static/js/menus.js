// Menus close on a press outside or on Escape; those inside tables float above them.
export function start() {
  const open = () => document.querySelectorAll("details.menu[open]");
  document.addEventListener("click", (event) => {
    open().forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    open().forEach((menu) => { menu.open = false; menu.querySelector("summary").focus(); });
    side(false);
  });
  document.querySelectorAll("details.row-menu").forEach((menu) => {
    menu.addEventListener("toggle", () => { if (menu.open) float(menu); });
  });
  window.addEventListener("scroll", () => {
    document.querySelectorAll("details.row-menu[open]").forEach(float);
  }, { passive: true, capture: true });
  document.querySelectorAll("[data-side]").forEach((link) => {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      side(link.dataset.side === "open");
    });
  });
  document.querySelector(".side-line[aria-current]")?.scrollIntoView({ block: "nearest" });
}

function float(menu) {
  const panel = menu.querySelector(".menu-panel");
  const at = menu.querySelector("summary").getBoundingClientRect();
  panel.classList.add("is-floating");
  const below = at.bottom + panel.offsetHeight + 12 < window.innerHeight;
  panel.style.top = `${below ? at.bottom + 4 : Math.max(8, at.top - panel.offsetHeight - 4)}px`;
  panel.style.left = `${Math.max(8, at.right - panel.offsetWidth)}px`;
}

function side(open) {
  const panel = document.getElementById("side");
  if (!panel) return;
  panel.classList.toggle("is-open", open);
  document.querySelector(".menu-button")?.setAttribute("aria-expanded", String(open));
  if (open) panel.querySelector("a").focus();
}
