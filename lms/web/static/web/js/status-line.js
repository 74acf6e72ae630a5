/** Says how things stand with the connection, and nothing when they stand well. */
import { announce } from "./announce.js";

const CALM_MS = 1_200;
const ENDED = {
  4501: "You are signed out.",
  4503: "You no longer have access to this conversation.",
  4504: "This conversation does not exist any more.",
  4510: "This school is suspended.",
  4511: "This account is disabled.",
  4512: "You were removed from this conversation.",
};

export class StatusLine {
  /** @param {HTMLElement} root @param {() => void} onRetry */
  constructor(root, onRetry) {
    this.root = root;
    this.text = /** @type {HTMLElement} */ (root.querySelector("[data-part=text]"));
    this.button = /** @type {HTMLButtonElement} */ (root.querySelector("button"));
    this.button.addEventListener("click", onRetry);
    this.timer = 0;
    this.wasLive = false;
    this.saidLost = false;
  }

  stop() {
    clearTimeout(this.timer);
  }

  /** @param {import("./socket.js").State} state */
  show(state) {
    clearTimeout(this.timer);
    this.root.dataset.state = state.name;
    this.root.classList.toggle("is-ended", state.name === "ended");
    this.button.hidden = state.name !== "waiting" && state.name !== "offline";
    if (state.name === "live") this.#showLive();
    else if (state.name === "connecting") this.#showConnecting();
    else if (state.name === "ended") this.#showText(ENDED[state.code] || "The connection has ended.");
    else this.#showWaiting(state);
    if (state.name === "waiting" || state.name === "offline") this.#sayLost();
  }

  #showLive() {
    this.root.hidden = true;
    this.text.textContent = "Live";
    if (this.saidLost) announce("Connected again.");
    this.wasLive = true;
    this.saidLost = false;
  }

  /** A first connection that is quick needs no words. */
  #showConnecting() {
    this.text.textContent = this.wasLive ? "Reconnecting…" : "Connecting…";
    if (this.root.hidden) this.timer = setTimeout(() => (this.root.hidden = false), CALM_MS);
  }

  /** @param {import("./socket.js").State} state */
  #showWaiting(state) {
    const seconds = Math.max(1, Math.ceil(((state.retryAt || 0) - Date.now()) / 1000));
    const lead = state.name === "offline" ? "You are offline." : "Connection lost.";
    this.#showText(`${lead} Reconnecting in ${seconds} s`);
    if (seconds > 1) this.timer = setTimeout(() => this.#showWaiting(state), 1000);
  }

  /** @param {string} text */
  #showText(text) {
    this.text.textContent = text;
    this.root.hidden = false;
  }

  #sayLost() {
    if (!this.saidLost && this.wasLive) announce("Connection lost. Reconnecting.");
    this.saidLost = true;
  }
}
