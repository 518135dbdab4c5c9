// A caller waits too long: each time another one does, the page sounds, whoever's phone rings for him.
import { Tone } from "./tone.js";

export function hurryBell(onBlocked = () => {}) {
  const tone = new Tone(onBlocked);
  let waiting = 0;
  return () => {
    const now = Number(document.querySelector("#hurry [data-count]")?.dataset.count ?? 0);
    if (now > waiting) tone.chime();
    waiting = now;
    return now;
  };
}
