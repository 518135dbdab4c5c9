// Counts on from what the server said, by this browser's own stopwatch: its time of day may be wrong.
const began = new WeakMap();

function elapsed(element) {
  if (!began.has(element)) began.set(element, performance.now() - Number(element.dataset.elapsed));
  return performance.now() - began.get(element);
}

export function countRings() {
  for (const rings of document.querySelectorAll("[data-rings]")) {
    if (rings.closest("#call")) continue;
    const [period, limit] = [Number(rings.dataset.period), Number(rings.dataset.limit)];
    const waited = elapsed(rings);
    const ring = Math.floor(waited / period) + 1;
    rings.classList.toggle("last", ring === limit);
    rings.classList.toggle("late", ring > limit);
    const progress = rings.querySelector("progress");
    if (progress) progress.value = waited;
    const count = rings.querySelector("[data-template]");
    const template = ring > limit ? count.dataset.late : count.dataset.template;
    const text = template.replace("{n}", ring).replace("{limit}", limit);
    if (count.textContent !== text) count.textContent = text;
    const apology = rings.parentElement.querySelector(".apology");
    if (apology) apology.hidden = ring <= limit;
  }
}

export function runTimers() {
  for (const timer of document.querySelectorAll("[data-timer]")) {
    const seconds = Math.floor(elapsed(timer) / 1000);
    timer.classList.toggle("over", seconds >= Number(timer.dataset.limit ?? Infinity));
    const pad = (number) => String(number).padStart(2, "0");
    const hours = seconds >= 3600 ? `${Math.floor(seconds / 3600)}:` : "";
    timer.textContent = `${hours}${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
  }
}
