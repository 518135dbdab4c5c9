// The soft-phone of a browser seat: registers, rings, answers, hangs up, mutes. It works without the gateway's help.
import { Tone } from "./tone.js";

const TRY_AGAIN = 3000; // ms
const NO_PHONE = { allow() {}, talking: () => false };

export function startPhone() {
  const panel = document.getElementById("phone");
  return panel ? new Phone(panel) : NO_PHONE;
}

class Phone {
  #panel;
  #agent = null;
  #session = null;
  #registered = null; // not known yet
  #allowed = false;
  #starting = false;
  #tone;

  constructor(panel) {
    this.#panel = panel;
    this.#tone = new Tone((blocked) => (this.#find("sound-hint").hidden = !blocked));
    this.#find("answer").addEventListener("click", () => this.answer());
    this.#find("hangup").addEventListener("click", () => this.#session?.terminate());
    this.#find("mute").addEventListener("click", () => this.#toggleMute());
    document.addEventListener("keydown", (event) => this.#onKey(event));
    addEventListener("pagehide", () => this.#leave());
    this.allow(true);
  }

  talking() {
    return this.#session?.isEstablished() ?? false;
  }

  allow(allowed) {
    this.#allowed = allowed;
    if (allowed && !this.#agent) this.#start();
    if (!allowed && this.#agent && !this.#session) this.#stop();
    this.#show();
  }

  answer() {
    if (!this.#ringing()) return;
    this.#session.answer({
      mediaConstraints: { audio: true, video: false },
      pcConfig: { iceServers: [] },
    });
    this.#show();
  }

  async #start() {
    if (this.#starting) return;
    if (!window.isSecureContext) return;
    this.#starting = true;
    try {
      const reply = await fetch("/desk/phone", { cache: "no-store" });
      if (!reply.ok) return;
      await this.#register(await reply.json());
    } catch {
      setTimeout(() => this.#allowed && !this.#agent && this.#start(), TRY_AGAIN);
    } finally {
      this.#starting = false;
      this.#show();
    }
    this.#askForMicrophone();
  }

  async #register({ user, password, websocket }) {
    const { default: JsSIP } = await import("/lib/jssip.js");
    const agent = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(websocket)],
      uri: `sip:${user}@${new URL(websocket).hostname}`,
      password,
      register_expires: 60,
      session_timers: false,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 4,
    });
    const registered = (yes) => () => {
      this.#registered = yes;
      this.#show();
    };
    agent.on("registered", registered(true));
    agent.on("unregistered", registered(false));
    agent.on("disconnected", registered(false));
    agent.on("registrationFailed", () => {
      registered(false)();
      setTimeout(() => this.#agent === agent && agent.isConnected() && agent.register(), TRY_AGAIN);
    });
    agent.on("newRTCSession", ({ session, originator }) => this.#onCall(session, originator));
    this.#agent = agent;
    agent.start();
  }

  #stop() {
    this.#agent.stop();
    this.#agent = null;
    this.#registered = null;
  }

  async #askForMicrophone() {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      for (const track of stream.getTracks()) track.stop();
      this.#find("no-microphone").hidden = true;
    } catch {
      this.#find("no-microphone").hidden = false;
    }
  }

  #onCall(session, originator) {
    if (originator !== "remote" || this.#session) {
      session.terminate({ status_code: 486 });
      return;
    }
    this.#session = session;
    const over = () => {
      this.#session = null;
      document.getElementById("remote").srcObject = null;
      this.allow(this.#allowed);
    };
    session.on("ended", over);
    session.on("failed", over);
    session.on("accepted", () => this.#show());
    session.on("confirmed", () => this.#show());
    session.on("getusermediafailed", () => (this.#find("no-microphone").hidden = false));
    session.on("peerconnection", ({ peerconnection }) => {
      peerconnection.addEventListener("track", ({ streams }) => {
        document.getElementById("remote").srcObject = streams[0];
      });
    });
    // without STUN servers the first local address is as good as it gets: do not wait for the slowest interface
    session.on("icecandidate", ({ ready }) => setTimeout(ready, 100));
    this.#show();
  }

  // A page that goes cannot be answered any more: the queue tries the next phone at once. A conversation it cannot hang up:
  // that would say that the operator did; the PBX notices the silence.
  #leave() {
    if (this.#ringing()) this.#session.terminate({ status_code: 480 });
  }

  #onKey(event) {
    const busy = event.target.closest("input, textarea, select, button, a, summary, [contenteditable]");
    if (busy || event.repeat || ![" ", "Enter"].includes(event.key) || !this.#ringing()) return;
    event.preventDefault();
    this.answer();
  }

  #ringing() {
    return this.#session?.isInProgress() ?? false;
  }

  #toggleMute() {
    if (!this.talking()) return;
    if (this.#session.isMuted().audio) this.#session.unmute({ audio: true });
    else this.#session.mute({ audio: true });
    this.#show();
  }

  #state() {
    if (!window.isSecureContext) return "insecure";
    if (this.talking()) return "talking";
    if (this.#session) return "ringing";
    if (!this.#allowed) return "off";
    return this.#registered === null ? "connecting" : this.#registered ? "registered" : "unregistered";
  }

  #show() {
    const [state, text] = [this.#state(), this.#panel.dataset];
    const muted = this.talking() && this.#session.isMuted().audio;
    const line = this.#find("phone-state");
    this.#panel.dataset.state = state;
    line.dataset.state = state;
    line.textContent = muted ? text.muted : text[state];
    this.#find("phone-caller").textContent = this.#session?.remote_identity.uri.user ?? "";
    this.#find("answer").disabled = !this.#ringing();
    this.#find("hangup").disabled = !this.talking();
    this.#holdLanguages();
    const mute = this.#find("mute");
    mute.disabled = !this.talking();
    mute.setAttribute("aria-pressed", String(muted));
    mute.textContent = muted ? text.unmute : text.mute;
    if (this.#ringing()) this.#tone.start();
    else this.#tone.stop();
  }

  // Another language is another page, and the call would end with this one.
  #holdLanguages() {
    for (const button of document.querySelectorAll(".languages button")) {
      button.disabled = this.#session !== null;
      button.title = button.disabled ? this.#panel.dataset.languageLater : "";
    }
  }

  #find(name) {
    return this.#panel.querySelector(`[data-testid=${name}]`);
  }
}
