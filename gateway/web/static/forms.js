// Ticket forms: a form that stands on the page is never touched by a push, and what is typed outlives a reload.
const DRAFT = "draft:";

export function keepForms() {
  const sent = new WeakMap();
  const list = document.getElementById("forms");
  const ticketOf = (element) => element.closest("details.ticket");
  const typed = (form) =>
    JSON.stringify([...new FormData(form)].filter(([name]) => !["call", "version"].includes(name)));

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
    }
  }).observe(list, { childList: true });

  list.addEventListener("input", (event) => {
    const ticket = ticketOf(event.target);
    ticket.dataset.dirty = "";
    sessionStorage.setItem(DRAFT + ticket.id, typed(ticket.querySelector("form")));
  });
  list.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.target.closest("form");
    if (form) sent.set(form, typed(form));
  });
  list.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target.closest("form");
    if (!form || event.detail.xhr?.status !== 200) return;
    if (sent.get(form) !== typed(form)) return; // more was typed while it was being saved
    const ticket = ticketOf(form);
    delete ticket.dataset.dirty;
    sessionStorage.removeItem(DRAFT + ticket.id);
    prune();
  });
  list.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.responseText.includes(event.detail.target.id)) return;
    event.detail.shouldSwap = false; // a proxy's or a crash's page must not take the form's version away
    say(document.body.dataset.noAnswer);
  });
  document.body.addEventListener("htmx:sendError", () => say(document.body.dataset.noAnswer));

  function place(ticket) {
    const opened = Number(ticket.dataset.opened);
    const older = [...list.children].find((other) => Number(other.dataset.opened) < opened);
    if (older) list.insertBefore(ticket, older);
    if (ticket.open && !list.contains(document.activeElement)) list.parentElement.scrollTop = 0;
  }

  function restore(ticket) {
    const draft = sessionStorage.getItem(DRAFT + ticket.id);
    if (!draft) return;
    for (const [name, value] of JSON.parse(draft)) ticket.querySelector(`[name="${name}"]`).value = value;
    ticket.dataset.dirty = "";
  }

  function prune() {
    const { slugs, complete } = document.getElementById("open").dataset;
    const open = new Set((slugs ?? "").split(" "));
    for (const ticket of list.querySelectorAll("details.ticket")) {
      const over = complete === "yes" && !open.has(ticket.id.replace("ticket-", ""));
      if (over && !("dirty" in ticket.dataset)) ticket.remove();
    }
  }

  function say(text) {
    const line = document.createElement("p");
    line.className = "bad";
    line.textContent = text;
    document.getElementById("toast").replaceChildren(line);
  }

  return { prune, dirty: () => list.querySelector("details.ticket[data-dirty]") !== null };
}
