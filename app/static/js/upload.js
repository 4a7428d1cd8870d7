// A file dropped or chosen is named and weighed before it is sent; the button waits for it.
export function start() {
  document.querySelectorAll("[data-file-pick]").forEach((pick) => {
    const [input, said] = [pick.querySelector("input"), pick.querySelector(".file-name")];
    const paint = () => { said.textContent = [...input.files].map((f) => f.name).join("、") || said.dataset.none; };
    input.addEventListener("change", paint);
    paint();
  });
  document.querySelectorAll("[data-drop]").forEach((zone) => {
    const input = zone.querySelector("input[type=file]");
    const said = zone.querySelector("[data-drop-file]");
    const send = zone.closest("form")?.querySelector("[data-needs-file]");
    const most = zone.parentElement.querySelector("[data-drop-most]");
    for (const name of ["dragenter", "dragover"])
      zone.addEventListener(name, () => zone.classList.add("is-over"));
    for (const name of ["dragleave", "drop"])
      zone.addEventListener(name, () => zone.classList.remove("is-over"));
    const paint = () => {
      const file = input.files[0];
      said.hidden = !file;
      said.querySelector("span").textContent = file ? `${file.name} · ${weight(file.size)}` : "";
      // A server that stops reading in the middle of a file is to a browser a broken line.
      const tooBig = Boolean(most && file && file.size > Number(most.dataset.dropMost));
      if (most) most.hidden = !tooBig;
      if (send) send.disabled = !file || tooBig;
    };
    input.addEventListener("change", paint);
    paint();
    zone.closest("form")?.addEventListener("submit", () => { if (send) busy(send); });
  });
}

function weight(bytes) {
  return bytes < 1048576 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1048576).toFixed(1)} MB`;
}

function busy(button) {
  if (button.dataset.busy) button.lastChild.textContent = button.dataset.busy;
  setTimeout(() => { button.disabled = true; }, 0);
}
