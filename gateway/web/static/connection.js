// The live connection: htmx keeps it; this notices when it is dead without saying so, and says so on the page.
// Now and then it says that the page is open, so that its operator's cookie does not grow old under his hands.
const SILENCE = 6000; // ms; the server gives a sign of life every second
const htmx = window.htmx;

htmx.config.wsReconnectDelay = (tries) => Math.min(200 * 2 ** tries, 3000) * (0.5 + Math.random() / 2);

export function keepConnected(onOpen, onMessage) {
  const offline = document.getElementById("offline");
  let heard = performance.now();
  let socket = null;
  let over = false;

  document.body.addEventListener("htmx:wsOpen", (event) => {
    socket = event.detail.socketWrapper;
    heard = performance.now();
    onOpen((message) => socket.send(JSON.stringify(message)));
  });
  document.body.addEventListener("htmx:wsAfterMessage", () => {
    heard = performance.now();
    over = document.getElementById("notice").hasAttribute("data-gone");
    offline.hidden = true;
    onMessage();
  });
  document.body.addEventListener("htmx:wsClose", () => {
    offline.hidden = over;
  });
  document.addEventListener("visibilitychange", check);
  setInterval(check, 1000);
  setInterval(renew, Number(document.body.dataset.renewEvery));

  function renew() {
    if (!over) fetch("/desk/here", { method: "POST" }).catch(() => {}); // next time, then
  }

  function check() {
    if (over || performance.now() - heard < SILENCE) return;
    offline.hidden = false;
    heard = performance.now();
    socket?.reconnect();
  }
}
