// The wallboard: counts on between two messages, and flashes and sounds when a caller waits too long.
import { countRings } from "./clocks.js";
import { keepConnected } from "./connection.js";
import { hurryBell } from "./hurry.js";

const sound = document.getElementById("sound");
const ring = hurryBell((blocked) => { sound.hidden = !blocked; });

keepConnected(() => {}, () => {
  countRings();
  document.body.classList.toggle("hurried", ring() > 0);
});

setInterval(countRings, 200);
