// The desk page: what a browser must do by itself between two messages of the live connection.
import { countRings, runTimers } from "./clocks.js";
import { keepForms } from "./forms.js";
import { keepConnected } from "./connection.js";
import { startPhone } from "./phone.js";

const title = document.title;
const forms = keepForms();
const phone = startPhone();

keepConnected(() => {
  countRings();
  runTimers();
  forms.prune();
  const notice = document.getElementById("notice");
  phone.allow(notice.dataset.phone === "on");
  const number = document.querySelector("#pop [data-testid=caller-number]");
  document.title = number ? `☎ ${number.textContent}` : title;
});

setInterval(() => {
  countRings();
  runTimers();
}, 200);

addEventListener("beforeunload", (event) => {
  if (phone.talking() || forms.dirty()) event.preventDefault();
});
