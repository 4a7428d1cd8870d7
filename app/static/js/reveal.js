// A masked number is asked for by POST with a reason, shown for half a minute, and masked again.
const SHOWN_FOR = 30_000, ASKED_AGAIN = 1_800_000, KEPT = "reveal-reason";

export function start() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-reveal]");
    if (!button) return;
    event.preventDefault();
    const why = kept() || await asked();
    if (why) open(button, why);
  });
}

async function open(button, why) {
  const place = button.previousElementSibling;
  button.disabled = true;
  try {
    const answer = await fetch(button.getAttribute("formaction"), {
      method: "POST",
      headers: { "X-CSRFToken": token(), Accept: "application/json" },
      body: new URLSearchParams(why),
    });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.error || answer.statusText);
    show(place, String(said.value));
    button.hidden = true;
    setTimeout(() => { hide(place); button.hidden = false; button.disabled = false; }, SHOWN_FOR);
  } catch (wrong) {
    button.disabled = false;
    button.title = wrong.message;
    place.classList.add("bad");
    sessionStorage.removeItem(KEPT);
  }
}

// The reason of this tab, while it is fresh: nobody types the same reason ten times a minute.
function kept() {
  const held = JSON.parse(sessionStorage.getItem(KEPT) || "null");
  return held && Date.now() - held.at < ASKED_AGAIN ? held.why : null;
}

function asked() {
  const dialog = document.getElementById("why");
  if (!dialog?.showModal) return Promise.resolve(null);
  const form = dialog.querySelector("form");
  const other = () => {
    form.elements.note.required = form.elements.reason.value === "other";
  };
  form.addEventListener("change", other);
  return new Promise((settle) => {
    form.onsubmit = () => {
      const why = { reason: form.elements.reason.value, note: form.elements.note.value.trim() };
      sessionStorage.setItem(KEPT, JSON.stringify({ why, at: Date.now() }));
      settle(why);
    };
    dialog.onclose = () => settle(null);
    dialog.querySelector("[data-cancel]").onclick = () => dialog.close();
    dialog.showModal();
    form.querySelector("[type=submit]").focus();
  });
}

function show(place, value) {
  place.dataset.mask = place.textContent;
  place.textContent = value;
  place.classList.add("is-open");
}

function hide(place) {
  place.textContent = place.dataset.mask;
  place.classList.remove("is-open");
}

export const token = () => document.querySelector("meta[name=csrf-token]")?.content || "";
