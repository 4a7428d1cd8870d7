// Ticked rows of one list, the bar that says how many, and "all that match the filter".
export function start() {
  document.querySelectorAll("form[data-sheet]").forEach(watch);
}

function watch(form) {
  const bar = form.querySelector("[data-bulkbar]");
  if (!bar) return;
  const all = form.querySelector("[data-pick-page]");
  const flag = form.querySelector("[data-all-matching]");
  const boxes = [...form.querySelectorAll("input[name=rowid]")];
  let anchor = null;

  const expected = form.querySelector("[data-expected]");
  const matching = (on) => { flag.disabled = expected.disabled = !on; paint(); };
  const pick = (box, on) => { box.checked = on; };

  all?.addEventListener("change", () => {
    boxes.forEach((box) => pick(box, all.checked));
    matching(false);
  });
  boxes.forEach((box, at) => box.addEventListener("click", (event) => {
    if (event.shiftKey && anchor !== null) {
      const [from, to] = [Math.min(anchor, at), Math.max(anchor, at)];
      boxes.slice(from, to + 1).forEach((other) => pick(other, box.checked));
    }
    anchor = at;
    matching(false);
  }));
  bar.querySelector("[data-clear]")?.addEventListener("click", () => {
    boxes.forEach((box) => pick(box, false));
    matching(false);
  });
  bar.querySelector("[data-select-matching]")?.addEventListener("click", () => {
    boxes.forEach((box) => pick(box, true));
    matching(true);
  });

  function paint() {
    const picked = boxes.filter((box) => box.checked);
    const everything = !flag.disabled;
    const words = bar.dataset;
    boxes.forEach((box) => box.closest("tr").classList.toggle("is-picked", box.checked));
    bar.hidden = picked.length === 0;
    if (all) {
      all.checked = picked.length > 0 && picked.length === boxes.length;
      all.indeterminate = picked.length > 0 && picked.length < boxes.length;
    }
    bar.querySelector("[data-selected]").textContent = everything
      ? words.allPicked : words.picked.replace("0", picked.length);
    const more = bar.querySelector("[data-select-matching]");
    if (more) more.hidden = everything || picked.length < boxes.length;
    bar.querySelectorAll("button[name=action]").forEach((button) =>
      arm(button, picked, everything, form.dataset.total, words));
  }
  paint();
}

// A button knows on how many of the ticked rows it may be pressed, and says so before the press.
function arm(button, picked, everything, total, words) {
  const ready = everything ? total : picked.filter((box) => mayTake(box, button.value)).length;
  const fit = everything ? button.dataset.matching === "1" : ready > 0;
  button.disabled = !fit;
  button.dataset.count = words.willTake.replace("0", ready);
  const part = !everything && ready < picked.length;
  button.dataset.countNote = part
    ? words.skips.replace("0", picked.length - ready) : everything ? words.matchingNote : "";
  const mark = button.querySelector(".count");
  mark.hidden = !part || !ready;
  mark.textContent = ready;
}

function mayTake(box, action) {
  const names = box.dataset.actions;
  return names === undefined || names.split(" ").includes(action);
}

// "All that match" is counted by the server just before the press; it then acts on so many or none.
export async function countFirst(button) {
  const form = button.form;
  const flag = form?.querySelector("[data-all-matching]");
  if (!flag || flag.disabled || button.name !== "action") return;
  const words = form.querySelector("[data-bulkbar]").dataset;
  const address = new URL(form.dataset.matching, window.location.href);
  address.searchParams.set("action", button.value);
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok) {  // signed out meanwhile, or no longer allowed: the page itself says which
    window.location.reload();
    throw new Error(answer.statusText);
  }
  const { count, ready = count } = await answer.json();
  const expected = form.querySelector("[data-expected]");
  expected.value = count;
  button.dataset.count = words.willTake.replace("0", ready.toLocaleString());
  button.dataset.countNote = ready < count
    ? words.skips.replace("0", (count - ready).toLocaleString()) : words.matchingNote;
}
