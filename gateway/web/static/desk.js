// The desk page: what a browser must do by itself between two messages of the live connection.
import { countRings, runTimers } from "./clocks.js";
import { keepForms } from "./forms.js";
import { keepConnected } from "./connection.js";
import { hurryBell } from "./hurry.js";
import { startPhone } from "./phone.js";

const title = document.title;
const forms = keepForms();
const phone = startPhone();
const soundHurry = hurryBell();
const duty = () => document.getElementById("duty");
let focusOnDuty = false;
let leaving = false; // signing out, and content to lose what is not saved

keepConnected(forms.connected, () => {
  countRings();
  runTimers();
  soundHurry();
  forms.prune();
  const notice = document.getElementById("notice");
  phone.allow(notice.dataset.phone === "on");
  if (leaving && notice.dataset.gone === "signed-out") forms.forget(); // the answer may find its button gone
  const number = document.querySelector("#pop [data-testid=caller-number]");
  document.title = number ? `☎ ${number.textContent}` : title;
  keepFocusOnDuty();
});

setInterval(() => {
  countRings();
  runTimers();
}, 200);

document.body.addEventListener("htmx:wsBeforeMessage", () => {
  focusOnDuty = duty().contains(document.activeElement);
});

// The button that takes another one's place takes its focus: on the bare page, Enter would answer a call.
function keepFocusOnDuty() {
  if (focusOnDuty && !duty().contains(document.activeElement)) duty().querySelector("summary, button")?.focus();
}

document.body.addEventListener("htmx:confirm", (event) => {
  const talks = document.querySelector("[data-testid=seat-mood][data-mood=talking]"); // then he will be told to stay
  if (event.detail.path !== "/sign-out" || talks) return;
  leaving = !forms.dirty() || confirm(document.body.dataset.unsaved);
  event.preventDefault();
  if (leaving) event.detail.issueRequest(true);
});
document.body.addEventListener("htmx:beforeOnLoad", (event) => {
  const { requestConfig, xhr } = event.detail;
  if (requestConfig.path !== "/sign-out") return;
  if (xhr.getResponseHeader("X-Signed-Out")) forms.forget();
  else leaving = false;
});

// Whoever listens in answers his own phone next, by Enter or Space: that must not press the button again.
document.addEventListener("click", (event) => event.target.closest("#supervise button")?.blur());

// A menu closes where one is done with it.
const menus = () => [...document.querySelectorAll("details.menu[open]")];
document.addEventListener("click", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

addEventListener("beforeunload", (event) => {
  if (phone.talking() || forms.dirty()) event.preventDefault();
});
