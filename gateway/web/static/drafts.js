// What an operator has typed and not saved yet, by call. It outlives a reload of this tab, and is nobody else's.
const MINE = `draft:${document.body.dataset.operator}:`;

export function draftOf(call) {
  return JSON.parse(sessionStorage.getItem(MINE + call) ?? "null");
}

export function keepDraft(call, fields) {
  sessionStorage.setItem(MINE + call, JSON.stringify(fields));
}

export function dropDraft(call) {
  sessionStorage.removeItem(MINE + call);
}

export function callsWithDrafts() {
  return Object.keys(sessionStorage).filter((key) => key.startsWith(MINE)).map((key) => key.slice(MINE.length));
}
