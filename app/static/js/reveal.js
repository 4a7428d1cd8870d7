// A masked number is asked for by POST, shown for half a minute, and masked again.
const SHOWN_FOR = 30_000;

export function start() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-reveal]");
    if (!button) return;
    event.preventDefault();
    open(button);
  });
}

async function open(button) {
  const place = button.previousElementSibling;
  button.disabled = true;
  try {
    const answer = await fetch(button.getAttribute("formaction"), {
      method: "POST",
      headers: { "X-CSRFToken": token(), Accept: "application/json" },
    });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.sentence || answer.statusText);
    show(place, String(said.value));
    button.hidden = true;
    setTimeout(() => { hide(place); button.hidden = false; button.disabled = false; }, SHOWN_FOR);
  } catch (why) {
    button.disabled = false;
    button.title = why.message;
    place.classList.add("bad");
  }
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
