// Ticket forms: a form that stands on the page is never touched by a push, and what is typed outlives a reload.
import { callsWithDrafts, draftOf, dropDraft, keepDraft } from "./drafts.js";

export function keepForms() {
  const sent = new WeakMap();
  const list = document.getElementById("forms");
  const section = list.parentElement;
  const ticketOf = (element) => element.closest("details.ticket");
  const tickets = (which = "") => [...list.querySelectorAll(`details.ticket${which}`)];
  const without = (form, ...names) => [...new FormData(form)].filter(([name]) => !names.includes(name));
  const typed = (form) => JSON.stringify(without(form, "call", "version"));
  // A draft keeps the version it was written over: what a colleague saved since must not be overwritten unseen.
  const keep = (ticket) => keepDraft(ticket.dataset.call, without(ticket.querySelector("form"), "call"));
  let send = () => {};
  let awaited = null;

  document.body.addEventListener("htmx:oobBeforeSwap", (event) => {
    const ticket = event.detail.fragment.querySelector("details.ticket");
    if (ticket && document.getElementById(ticket.id)) event.detail.shouldSwap = false;
  });

  new MutationObserver((changes) => {
    for (const added of changes.flatMap((change) => [...change.addedNodes])) {
      if (!added.matches?.("details.ticket") || "placed" in added.dataset) continue;
      added.dataset.placed = "";
      place(added);
      restore(added);
      if (added.dataset.call === awaited) show(added);
    }
  }).observe(list, { childList: true });

  list.addEventListener("input", (event) => {
    const ticket = ticketOf(event.target);
    ticket.dataset.dirty = "";
    keep(ticket);
  });
  list.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    const form = event.target.closest("form");
    const save = event.ctrlKey && form;
    if (save || event.target.matches("input")) event.preventDefault(); // a ticket is not done with its first line
    if (save) form.requestSubmit();
  });
  // what a topic asks for, and the way the ticket would take, are fetched from within a form: only the form saves
  list.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.target;
    if (!form.matches("form")) return;
    sent.set(form, typed(form));
    ticketOf(form).dataset.saving = "";
  });
  list.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target;
    if (!form.matches("form")) return;
    const ticket = ticketOf(form);
    delete ticket.dataset.saving;
    // more may have been typed while it was being saved
    if (event.detail.xhr?.status === 200 && sent.get(form) === typed(form)) clean(ticket);
    prune();
  });
  list.addEventListener("htmx:afterSettle", (event) => {
    const asked = event.target.matches(".ask") && ticketOf(event.target);
    if (asked && "restoring" in asked.dataset) answerAgain(asked);
    tickets("[data-dirty]").forEach(keep);
  });
  list.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.responseText.includes(event.detail.target.id)) return;
    event.detail.shouldSwap = false; // a proxy's or a crash's page must not take the form's version away
    const told = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html").querySelector("[data-testid=toast]");
    say(told?.textContent.trim() || document.body.dataset.noAnswer);
  });
  document.body.addEventListener("htmx:sendError", () => say(document.body.dataset.noAnswer));

  // Whoever is asked, or takes the caller over, sees what has been typed until then; a slow save holds nobody up.
  document.body.addEventListener("htmx:confirm", (event) => {
    const call = event.detail.elt.dataset.handsOver;
    const typing = call && tickets("[data-dirty]").find((ticket) => ticket.dataset.call === call);
    if (!typing) return;
    event.preventDefault();
    let go = () => { go = () => {}; event.detail.issueRequest(true); };
    typing.addEventListener("htmx:afterRequest", () => go(), { once: true });
    setTimeout(() => go(), 1000);
    const form = typing.querySelector("form");
    // what is handed over is not sent to a department yet: who takes over goes on with it
    form.addEventListener("htmx:configRequest", (sending) => { sending.detail.parameters.keep = "yes"; }, { once: true });
    form.requestSubmit();
  });

  section.addEventListener("click", (event) => {
    const call = event.target.closest("[data-reopen]")?.dataset.reopen;
    if (!call) return;
    awaited = call;
    ask([call]);
  });

  function place(ticket) {
    const opened = Number(ticket.dataset.opened);
    const older = [...list.children].find((other) => Number(other.dataset.opened) < opened);
    if (older) list.insertBefore(ticket, older);
    if (ticket.open && !list.contains(document.activeElement)) section.scrollTop = 0;
  }

  function restore(ticket) {
    const draft = draftOf(ticket.dataset.call);
    if (!draft) return;
    for (const [name, value] of draft) {
      const field = ticket.querySelector(`[name="${name}"]`);
      if (field) field.value = value;
    }
    ticket.dataset.dirty = "";
    const topic = ticket.querySelector("[name=topic]");
    if (!topic.value) return;
    ticket.dataset.restoring = ""; // what was chosen and answered for this topic comes back with its questions
    htmx.trigger(topic, "change");
  }

  function answerAgain(ticket) {
    for (const [name, value] of draftOf(ticket.dataset.call) ?? []) {
      const field = ticket.querySelector(`.ask [name="${name}"]`);
      if (field?.type === "checkbox") field.checked = true;
      else if (field) field.value = value;
    }
    delete ticket.dataset.restoring;
  }

  function show(ticket) {
    awaited = null;
    ticket.open = true;
    ticket.querySelector("input:not([type=hidden])").focus();
  }

  function clean(ticket) {
    delete ticket.dataset.dirty;
    dropDraft(ticket.dataset.call);
  }

  // A form that the server is done with goes, unless something in it is not saved: then it is asked for again.
  function prune() {
    const { slugs, complete } = document.getElementById("open").dataset;
    const open = new Set((slugs ?? "").split(" "));
    for (const ticket of tickets(":not([data-saving])")) {
      const over = complete === "yes" && !open.has(ticket.id.replace("ticket-", ""));
      if (!over) delete ticket.dataset.asked;
      else if (!("dirty" in ticket.dataset)) remove(ticket);
      else if (!("asked" in ticket.dataset)) {
        ticket.dataset.asked = "";
        ask([ticket.dataset.call]);
      }
    }
  }

  function remove(ticket) {
    const focused = ticket.contains(document.activeElement);
    ticket.remove();
    if (focused) section.focus();
  }

  function ask(calls) {
    if (calls.length) send({ reopen: calls });
  }

  function say(text) {
    const line = document.createElement("p");
    line.className = "bad";
    line.textContent = text;
    document.getElementById("toast").replaceChildren(line);
  }

  return {
    prune,
    dirty: () => tickets("[data-dirty]").length + callsWithDrafts().length > 0,
    // the server does not know what this tab still holds of a form that was saved
    connected(sender) {
      send = sender;
      ask(callsWithDrafts().slice(-50));
    },
    forget() {
      tickets("[data-dirty]").forEach(clean);
      callsWithDrafts().forEach(dropDraft);
    },
  };
}
