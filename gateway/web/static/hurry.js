// A caller waits too long: each time another one does, the page sounds, whoever's phone rings for him.
import { Tone } from "./tone.js";

const tone = new Tone(() => {});
let waiting = 0;

export function soundHurry() {
  const now = Number(document.querySelector("#hurry [data-count]")?.dataset.count ?? 0);
  if (now > waiting) tone.chime();
  waiting = now;
}
