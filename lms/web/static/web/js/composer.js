/** Where one writes: draft, reply, edit, Enter to send. */
import { Draft } from "./outbox.js";

const MAX_LENGTH = 10_000;
const TYPING_AGAIN_MS = 3_000;
const TYPING_OVER_MS = 5_000;
const TOUCH = matchMedia("(pointer: coarse) and (hover: none)");

/**
 * Events: `send` {content, replyTo}, `edit` {id, content}, `last` (the person wants to edit what
 * they wrote last), `typing` {active}, `leave` (Escape with nothing to cancel).
 */
export class Composer extends EventTarget {
  /** @param {HTMLElement} root @param {string} userId @param {string} conversationId */
  constructor(root, userId, conversationId) {
    super();
    this.form = /** @type {HTMLFormElement} */ (root.querySelector("form"));
    this.text = /** @type {HTMLTextAreaElement} */ (root.querySelector("textarea"));
    this.bar = /** @type {HTMLElement} */ (root.querySelector("[data-part=context]"));
    this.problem = /** @type {HTMLElement} */ (root.querySelector("[data-part=too-long]"));
    this.sendButton = /** @type {HTMLButtonElement} */ (root.querySelector("[data-part=send]"));
    this.draft = new Draft(userId, conversationId);
    /** @type {{id: string, author: {name: string}, content: string} | null} */
    this.replyTo = null;
    /** @type {{id: string, content: string} | null} */
    this.editing = null;
    this.typingAt = 0;
    this.typingTimer = 0;
    this.text.value = this.draft.read();
    this.#listen();
    this.#changed();
  }

  #listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.text.addEventListener("input", () => this.#onInput());
    this.text.addEventListener("keydown", (event) => this.#onKey(event));
    this.text.addEventListener("blur", () => this.#stopTyping());
    this.bar.querySelector("button")?.addEventListener("click", () => this.cancel());
  }

  focus() {
    this.text.focus({ preventScroll: true });
  }

  /** @param {any} message */
  reply(message) {
    if (this.editing) this.cancel();
    this.replyTo = message;
    this.#showBar(`Replying to ${message.author.name}: ${message.content}`);
    this.focus();
  }

  /** @param {any} message */
  edit(message) {
    this.replyTo = null;
    this.editing = message;
    this.text.value = message.content;
    this.#showBar("Editing your message");
    this.#changed();
    this.focus();
    this.text.setSelectionRange(this.text.value.length, this.text.value.length);
  }

  /** Leave the reply or the edit. */
  cancel() {
    if (this.editing) this.text.value = this.draft.read();
    this.replyTo = null;
    this.editing = null;
    this.bar.hidden = true;
    this.#changed();
    this.focus();
  }

  #showBar(text) {
    this.bar.querySelector("p").textContent = text;
    this.bar.hidden = false;
  }

  #submit() {
    const content = wellFormed(this.text.value.trim());
    if (!content || content.length > MAX_LENGTH) return;
    this.#stopTyping();
    if (this.editing) {
      this.#emit("edit", { id: this.editing.id, content, before: this.editing.content });
      this.cancel();
      return;
    }
    const replyTo = this.replyTo?.id || null;
    this.text.value = "";
    this.draft.write("");
    this.replyTo = null;
    this.bar.hidden = true;
    this.#changed();
    this.#emit("send", { content, replyTo });
  }

  #onInput() {
    if (!this.editing) this.draft.write(this.text.value);
    this.#changed();
    if (this.text.value.trim()) this.#tellTyping();
    else this.#stopTyping();
  }

  #changed() {
    const length = this.text.value.trim().length;
    this.sendButton.disabled = length === 0 || length > MAX_LENGTH;
    this.problem.hidden = length <= MAX_LENGTH;
    this.problem.textContent = `${length - MAX_LENGTH} characters too many; ${MAX_LENGTH} fit.`;
    this.text.style.setProperty("height", "auto");
    this.text.style.setProperty("height", `${this.text.scrollHeight}px`);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey && !TOUCH.matches) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (this.bar.hidden) this.#emit("leave");
      else this.cancel();
    } else if (event.key === "ArrowUp" && !this.text.value && !this.editing) {
      event.preventDefault();
      this.#emit("last");
    }
  }

  #tellTyping() {
    clearTimeout(this.typingTimer);
    this.typingTimer = setTimeout(() => this.#stopTyping(), TYPING_OVER_MS);
    if (Date.now() - this.typingAt < TYPING_AGAIN_MS) return;
    this.typingAt = Date.now();
    this.#emit("typing", { active: true });
  }

  #stopTyping() {
    clearTimeout(this.typingTimer);
    if (!this.typingAt) return;
    this.typingAt = 0;
    this.#emit("typing", { active: false });
  }

  /** @param {string} type @param {any} [detail] */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** Half a surrogate pair cannot be kept by the server. @param {string} text */
function wellFormed(text) {
  return "toWellFormed" in String.prototype ? text.toWellFormed() : text;
}
