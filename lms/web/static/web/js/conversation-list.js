/** `<conversation-list>`: unread counts and previews that keep up.
 *
 * The list itself comes from the server. The first few conversations that are not open are
 * listened to, so their counts are live; the rest is asked again now and then, and whenever
 * something says that it changed.
 */
import { localizeTimes, timeOfDay } from "./format.js";
import { LiveSocket, TOO_MANY } from "./socket.js";
import { setUnread } from "./title.js";

const LISTENED = 4;
const REFRESH = "stoa:conversations";
const MOST_SHOWN = 99;

class ConversationList extends HTMLElement {
  connectedCallback() {
    /** @type {Map<string, LiveSocket>} */
    this.sockets = new Map();
    this.stopping = new AbortController();
    const { signal } = this.stopping;
    this.filterBox = document.getElementById("filter");
    this.filterBox?.addEventListener("input", () => this.#filter(), { signal });
    this.filterBox?.addEventListener("keydown", (event) => this.#onFilterKey(event), { signal });
    this.addEventListener("htmx:afterSwap", () => this.#onRows(), { signal });
    this.addEventListener("keydown", (event) => this.#onKey(event), { signal });
    document.body.addEventListener("stoa:opened", () => this.#onOpened(), { signal });
    addEventListener("focus", () => this.#ask(), { signal });
    const on = (type, fn) => document.body.addEventListener(type, (e) => fn(e.detail), { signal });
    on("stoa:entry", ({ id, entry, isRead }) => this.#onEntry(id, entry, isRead));
    on("stoa:seen", ({ id }) => this.#onSeen(id));
    this.#onRows();
  }

  disconnectedCallback() {
    this.stopping.abort();
    for (const socket of this.sockets.values()) socket.close();
  }

  #rows() {
    return /** @type {HTMLElement[]} */ ([...this.querySelectorAll(".row")]);
  }

  #ask() {
    document.body.dispatchEvent(new CustomEvent(REFRESH));
  }

  #onRows() {
    localizeTimes(this);
    this.#filter();
    this.#onOpened();
  }

  /** Another conversation is open now: it is marked, and the sockets move. */
  #onOpened() {
    const open = document.querySelector("#main")?.getAttribute("data-conversation") || "";
    for (const row of this.#rows()) {
      if (row.dataset.conversation === open) {
        row.setAttribute("aria-current", "page");
      } else row.removeAttribute("aria-current");
    }
    this.#listen(open);
    this.#total();
  }

  /** @param {string} open */
  #listen(open) {
    const ids = this.#rows().map((row) => row.dataset.conversation || "");
    const wanted = new Set(ids.filter((id) => id !== open).slice(0, LISTENED));
    for (const [id, socket] of this.sockets) {
      if (wanted.has(id)) continue;
      socket.close();
      this.sockets.delete(id);
    }
    for (const id of wanted) if (!this.sockets.has(id)) this.#open(id);
  }

  /** @param {string} id */
  #open(id) {
    const socket = new LiveSocket(`/ws/lms/conversation/${id}/`);
    this.sockets.set(id, socket);
    socket.addEventListener("entry", (e) => this.#onEntry(id, e.detail, false));
    socket.addEventListener("reset", () => this.#ask());
    socket.addEventListener("state", (e) => {
      // Other tabs have all the sockets a person may have: asking now and then must do.
      if (e.detail.code === TOO_MANY) socket.close();
    });
    socket.open();
  }

  /** @param {string} id */
  #rowOf(id) {
    return this.#rows().find((row) => row.dataset.conversation === id);
  }

  /** @param {string} id */
  #onSeen(id) {
    const row = this.#rowOf(id);
    if (!row || row.dataset.unread === "0") return;
    this.#setUnread(row, 0);
    this.#total();
  }

  /** @param {string} id @param {any} entry @param {boolean} isRead by the person, as it came */
  #onEntry(id, entry, isRead) {
    const row = this.#rowOf(id);
    if (!row || !["message.sent", "read.marked"].includes(entry.type)) return;
    if (entry.type === "read.marked") {
      if (entry.payload.user_id === this.dataset.me) this.#ask();
      return;
    }
    const { author, content, created_at: at } = entry.payload;
    const mine = author.id === this.dataset.me;
    const said = row.dataset.kind === "direct" && !mine ? content : `${mine ? "You" : author.name}: ${content}`;
    row.querySelector(".row-preview").textContent = said;
    row.querySelector(".row-time").textContent = timeOfDay(at);
    if (!mine && !isRead) this.#setUnread(row, Number(row.dataset.unread) + 1);
    row.parentElement?.parentElement?.prepend(row.parentElement);
    this.#total();
  }

  /** @param {HTMLElement} row @param {number} count */
  #setUnread(row, count) {
    row.dataset.unread = String(count);
    row.classList.toggle("is-unread", count > 0);
    const badge = /** @type {HTMLElement} */ (row.querySelector(".badge"));
    badge.hidden = count === 0;
    badge.querySelector("[data-part=count]").textContent = count > MOST_SHOWN ? `${MOST_SHOWN}+` : String(count);
  }

  #total() {
    const counts = this.#rows().map((row) => Number(row.dataset.unread));
    setUnread("messages", counts.reduce((sum, count) => sum + count, 0));
  }

  // -- the filter and the keyboard

  #filter() {
    const words = (this.filterBox?.value || "").trim().toLocaleLowerCase();
    for (const section of this.querySelectorAll(".list-section")) {
      let shown = 0;
      for (const row of section.querySelectorAll(".row")) {
        const title = row.querySelector(".row-title")?.textContent || "";
        row.parentElement.hidden = !title.toLocaleLowerCase().includes(words);
        shown += row.parentElement.hidden ? 0 : 1;
      }
      section.hidden = shown === 0;
    }
    const none = this.querySelector("[data-part=no-match]");
    if (none) none.hidden = !words || this.#visible().length > 0;
  }

  #visible() {
    return this.#rows().filter((row) => row.offsetParent !== null);
  }

  /** @param {KeyboardEvent} event */
  #onFilterKey(event) {
    if (event.key === "Escape") this.#clearFilter();
    else if (event.key === "Enter") {
      event.preventDefault();
      this.#visible()[0]?.click();
      this.#clearFilter();
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      this.#visible()[0]?.focus();
    }
  }

  #clearFilter() {
    this.filterBox.value = "";
    this.#filter();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    const rows = this.#visible();
    const at = rows.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    if (!(event.key in steps) || event.altKey || at < 0) return;
    event.preventDefault();
    rows[at + steps[event.key]]?.focus();
  }

  /** Open the neighbour of what is open. @param {number} step */
  go(step) {
    const rows = this.#visible();
    const at = rows.findIndex((row) => row.hasAttribute("aria-current"));
    const next = at < 0 ? rows[0] : rows[at + step];
    next?.click();
  }
}

customElements.define("conversation-list", ConversationList);
