// A running job says every second how far it is; when it ends, the page goes on.
export function start() {
  const box = document.querySelector("[data-job]");
  if (box && box.dataset.job) poll(box, 0);
}

async function poll(box, misses) {
  let wait = 1000;
  try {
    const answer = await fetch(box.dataset.job, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.statusText);
    const job = await answer.json();
    misses = 0;
    paint(box, job);
    if (job.state === "done" && job.next_url) return window.location.assign(job.next_url);
    if (["done", "failed", "cancelled"].includes(job.state)) return window.location.reload();
  } catch {
    misses += 1;
    wait = Math.min(1000 * 2 ** misses, 15_000);
    box.querySelector("[data-job-lost]").hidden = misses < 3;
  }
  setTimeout(() => poll(box, misses), wait);
}

function paint(box, job) {
  const bar = box.querySelector("progress");
  box.querySelector("[data-job-lost]").hidden = true;
  if (job.total) { bar.max = job.total; bar.value = job.done; } else bar.removeAttribute("value");
  say(box, "sentence", job.sentence || "");
  say(box, "numbers", job.total ? `${job.done.toLocaleString()} / ${job.total.toLocaleString()}` : "");
  const left = job.seconds_left;
  say(box, "left", left == null ? "" : left < 60
    ? box.dataset.seconds.replace("0", Math.max(1, Math.round(left)))
    : box.dataset.minutes.replace("0", Math.ceil(left / 60)));
}

// Only what has changed is written, so that a reader aloud is not made to repeat itself.
function say(box, name, text) {
  const place = box.querySelector(`[data-job-${name}]`);
  if (place.textContent !== text) place.textContent = text;
}
