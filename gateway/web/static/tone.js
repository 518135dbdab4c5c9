// The ringing tone, made by the browser: 450 Hz, one second on and four off, as telephones ring in China.
const ON = 1;
const PERIOD = 5;
const RINGS_AHEAD = 24; // scheduled at once, because the timers of a hidden page may sleep

export class Tone {
  #context = new AudioContext();
  #source = null;

  constructor(onBlocked) {
    const tell = () => onBlocked(this.#context.state !== "running");
    this.#context.addEventListener("statechange", tell);
    for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => this.#context.resume());
    setTimeout(tell, 500);
  }

  start() {
    if (this.#source) return;
    const [source, volume] = [this.#context.createOscillator(), this.#context.createGain()];
    const now = this.#context.currentTime;
    source.frequency.value = 450;
    volume.gain.value = 0;
    for (let ring = 0; ring < RINGS_AHEAD; ring += 1) {
      volume.gain.setTargetAtTime(0.25, now + ring * PERIOD, 0.01);
      volume.gain.setTargetAtTime(0, now + ring * PERIOD + ON, 0.01);
    }
    source.connect(volume).connect(this.#context.destination);
    source.start();
    this.#source = source;
  }

  // Two short notes, rising: somebody waits too long.
  chime() {
    const now = this.#context.currentTime;
    [660, 880].forEach((pitch, place) => {
      const [source, volume] = [this.#context.createOscillator(), this.#context.createGain()];
      const at = now + place * 0.18;
      source.frequency.value = pitch;
      volume.gain.setValueAtTime(0.2, at);
      volume.gain.setTargetAtTime(0, at + 0.12, 0.03);
      source.connect(volume).connect(this.#context.destination);
      source.start(at);
      source.stop(at + 0.4);
    });
  }

  stop() {
    this.#source?.stop();
    this.#source = null;
  }
}
