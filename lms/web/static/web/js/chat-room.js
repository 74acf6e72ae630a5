/** `<chat-room data-state="…">`: one open conversation.
 *
 * The page comes with the newest messages and the position of the stream they were read at; the
 * socket goes on from there, so nothing falls between the two.
 */
import { announce } from "./announce.js";
import { Composer } from "./composer.js";
import { confirmDialog } from "./dialogs.js";
import { openEmojiMenu } from "./emoji-menu.js";
import { MessageList } from "./message-list.js";
import { Outbox } from "./outbox.js";
import { ReadMarker } from "./read-marker.js";
import { Sender } from "./sender.js";
import { LiveSocket } from "./socket.js";
import { StatusLine } from "./status-line.js";
import { layOut, Timeline } from "./timeline.js";
import { toast } from "./toasts.js";
import { TypingLine } from "./typing-line.js";

const KEEP = 300;
const TRIM_AT = 500;
const SEARCH_PAGES = 20;

class ChatRoom extends HTMLElement {
  connectedCallback() {
    const state = JSON.parse(this.dataset.state || "{}");
    delete this.dataset.state;
    this.me = state.me;
    this.conversation = state.conversation;
    this.hasMore = state.has_more;
    this.loading = false;
    this.newBelow = 0;
    this.timeline = new Timeline();
    this.timeline.merge(state.messages);
    this.unreadAfter = this.#firstDivider(state);
    this.outbox = new Outbox(this.me.id, this.conversation.id);
    this.outbox.holdStale();
    this.#build(state);
    this.#refresh();
    if (this.unreadAfter !== null) this.list.showRow("unread");
    this.socket.open();
  }

  disconnectedCallback() {
    this.stopping?.abort();
    this.marker?.stop();
    this.socket?.close();
    this.sender?.stop();
    this.status?.stop();
    this.list?.stop();
    this.typing?.clear();
  }

  /** Only where the reader has been before: a first visit is not all "new". */
  #firstDivider(state) {
    const isNew = (m) => m.offset > state.read_offset && m.author.id !== this.me.id;
    return state.read_offset > 0 && state.messages.some(isNew) ? state.read_offset : null;
  }

  #build(state) {
    this.stopping = new AbortController();
    this.socket = new LiveSocket(`/ws/lms/conversation/${this.conversation.id}/`, state.position);
    this.sender = new Sender(this.socket, this.outbox);
    this.status = new StatusLine(this.#part("status"), () => this.socket.retry());
    this.typing = new TypingLine(this.#part("typing"), this.me.id);
    this.view = {
      me: this.me,
      canPost: this.conversation.can_post,
      canModerate: this.conversation.can_moderate,
      find: (id) => this.timeline.byId.get(id),
      act: (name, row, more) => this.#act(name, row, more),
    };
    this.list = new MessageList(this.#part("scroller"), this.view);
    this.marker = new ReadMarker(this.socket, state.read_offset);
    const composer = this.querySelector("[data-part=composer]");
    if (composer) this.composer = new Composer(composer, this.me.id, this.conversation.id);
    this.#listenToSocket();
    this.#listenToPerson();
  }

  #part(name) {
    return /** @type {HTMLElement} */ (this.querySelector(`[data-part=${name}]`));
  }

  #listenToSocket() {
    const on = (type, fn) => this.socket.addEventListener(type, (e) => fn(e.detail));
    on("state", (state) => this.#onState(state));
    on("welcome", (frame) => this.#onWelcome(frame));
    on("entry", (entry) => this.#onEntry(entry));
    on("push", (push) => this.#onPush(push));
    on("reset", () => this.#reload());
    this.sender.addEventListener("changed", () => this.#refresh());
    this.sender.addEventListener("sent", (e) => this.#onSent(e.detail));
  }

  #listenToPerson() {
    const { signal } = this.stopping;
    this.list.addEventListener("older", () => this.#loadOlder());
    this.list.addEventListener("bottom", () => this.#onBottom());
    this.#part("jump").addEventListener("click", () => this.#jump());
    document.addEventListener("visibilitychange", () => this.#markRead(), { signal });
    addEventListener("focus", () => this.#markRead(), { signal });
    addEventListener("storage", (e) => e.key === this.outbox.key && this.#refresh(), { signal });
    const on = (type, fn) => this.composer?.addEventListener(type, (e) => fn(e.detail));
    on("send", ({ content, replyTo }) => this.#send(content, replyTo));
    on("edit", (change) => this.#saveEdit(change));
    on("last", () => this.#editLast());
    on("leave", () => this.#jump());
    on("typing", ({ active }) => this.socket.tell(active ? "typing.start" : "typing.stop", {}));
  }

  // -- what the server says

  #onState(state) {
    this.status.show(state);
    this.#part("dot")?.classList.toggle("is-live", state.name === "live");
    if (state.name !== "live") this.#part("presence").textContent = "Not connected";
    if (state.name !== "live") this.typing.clear();
    if (state.name === "ended" && state.code === 4501) location.reload();
  }

  #onWelcome(frame) {
    this.#showPresence(frame.members_online);
    this.#markRead();
  }

  /** @param {number} online people, this one among them */
  #showPresence(online) {
    this.#part("presence").textContent = online > 1 ? `Live, ${online} here` : "Live";
  }

  #onEntry(entry) {
    const before = this.timeline.messages.at(-1)?.offset ?? 0;
    this.timeline.apply(entry);
    if (entry.type === "message.sent") {
      this.#onMessage(entry, before);
      this.#tellList("stoa:entry", { entry, isRead: this.#isReading() });
    }
    if (entry.type === "topic.closed" || entry.type === "topic.reopened") location.reload();
    this.#refresh();
    this.#markRead();
  }

  #onMessage({ payload }, before) {
    this.typing.stopped(payload.author.id);
    if (payload.author.id === this.me.id) {
      this.outbox.remove(payload.client_id);
      return;
    }
    announce(`${payload.author.name}: ${payload.content}`);
    if (this.#isReading()) return;
    if (this.unreadAfter === null) this.unreadAfter = before;
    if (!this.list.atBottom) this.newBelow += 1;
  }

  #onPush({ type, payload }) {
    if (type === "typing.started") this.typing.started(payload.user);
    else if (type === "typing.stopped") this.typing.stopped(payload.user.id);
    else if (type.startsWith("presence.")) this.#showPresence(payload.members_online);
  }

  /** The acknowledgement carries the place; the push may come before or after it. */
  #onSent({ pending, ack }) {
    if (!this.timeline.byId.has(ack.message_id)) {
      this.timeline.merge([
        {
          id: ack.message_id,
          offset: ack.offset,
          client_id: pending.client_id,
          author: this.me,
          content: pending.content,
          reply_to: pending.reply_to,
          attachments: [],
          created_at: ack.created_at || pending.created_at,
          edited_at: null,
          deleted: false,
          reactions: [],
        },
      ]);
    }
    this.#refresh();
  }

  // -- what the person does

  #send(content, replyTo) {
    this.unreadAfter = null;
    this.list.atBottom = true;
    this.sender.send(content, replyTo);
  }

  #act(name, row, more) {
    const acts = {
      reply: () => this.composer?.reply(row.message),
      edit: () => this.composer?.edit(row.message),
      delete: () => this.#delete(row.message),
      pick: () => openEmojiMenu(more, (emoji) => this.#react(row.message, emoji)),
      react: () => this.#react(row.message, more),
      show: () => this.#showMessage(more),
      retry: () => this.sender.retry(row.pending.client_id),
      discard: () => this.#discard(row.pending),
    };
    acts[name]();
  }

  #discard(pending) {
    this.outbox.remove(pending.client_id);
    this.#refresh();
    this.composer?.focus();
  }

  async #delete(message) {
    const words = { title: "Delete this message?", text: message.content, action: "Delete" };
    if (await confirmDialog(words)) await this.#ask("message.delete", { message_id: message.id });
  }

  async #react(message, emoji) {
    const known = this.timeline.byId.get(message.id) || message;
    const mine = known.reactions.find((r) => r.emoji === emoji)?.user_ids.includes(this.me.id);
    const type = mine ? "reaction.remove" : "reaction.add";
    await this.#ask(type, { message_id: message.id, emoji });
  }

  async #saveEdit({ id, content, before }) {
    if (content !== before) await this.#ask("message.edit", { message_id: id, content });
  }

  async #ask(type, payload) {
    try {
      await this.socket.request(type, payload);
    } catch (error) {
      const lost = !this.socket.isLive;
      toast(lost ? "You are not connected. Try again in a moment." : error.message);
    }
  }

  #editLast() {
    const mine = this.timeline.messages.filter((m) => m.author.id === this.me.id && !m.deleted);
    const last = mine.at(-1);
    if (last) this.composer?.edit(last);
  }

  #jump() {
    this.unreadAfter = null;
    this.newBelow = 0;
    this.list.toBottom();
    this.#refresh();
    this.#markRead();
  }

  #onBottom() {
    if (this.list.atBottom) {
      this.newBelow = 0;
      this.#markRead();
    }
    this.#showJump();
  }

  // -- reading

  #isReading() {
    return this.list.atBottom && document.visibilityState === "visible" && document.hasFocus();
  }

  #markRead() {
    if (!this.#isReading()) return;
    const others = this.timeline.messages.filter((m) => m.author.id !== this.me.id);
    this.marker.reach(others.at(-1)?.offset ?? 0);
    this.#tellList("stoa:seen", {});
  }

  /** The list beside us does not listen to what is open here. */
  #tellList(type, detail) {
    const id = this.conversation.id;
    document.body.dispatchEvent(new CustomEvent(type, { detail: { id, ...detail } }));
  }

  async #loadOlder() {
    if (this.loading || !this.hasMore) return false;
    this.loading = true;
    this.#showHistory("Loading earlier messages…");
    try {
      const first = this.timeline.messages[0]?.offset;
      this.#take(await this.#history(first));
      this.#showHistory(this.hasMore ? "" : "This is where it began.");
      return true;
    } catch {
      this.#showHistory("Earlier messages could not be loaded. Scroll to try again.");
      return false;
    } finally {
      this.loading = false;
      if (this.hasMore && this.socket.isLive) this.list.lookUp();
    }
  }

  async #history(before) {
    const query = before ? `?before=${before}` : "";
    const response = await fetch(`/c/${this.conversation.id}/history/${query}`, {
      headers: { Accept: "application/json" },
    });
    if (!response.ok) throw new Error(`history: ${response.status}`);
    return response.json();
  }

  #take(page) {
    this.timeline.merge(page.messages);
    this.hasMore = page.has_more;
    this.#refresh();
  }

  /** The server could not go on from where we were: everything is fetched anew. */
  async #reload() {
    try {
      const page = await this.#history(null);
      this.timeline.clear();
      this.#take(page);
    } catch {
      toast("The conversation could not be brought up to date. Reload the page.");
    }
  }

  async #showMessage(id) {
    for (let page = 0; page < SEARCH_PAGES; page += 1) {
      if (this.list.find(id)) return;
      if (!(await this.#loadOlder())) break;
    }
    if (!this.list.find(id)) toast("That message is too far back to show.");
  }

  // -- showing

  #refresh() {
    if (this.list.atBottom && this.timeline.messages.length > TRIM_AT) {
      this.hasMore = this.timeline.trim(KEEP) || this.hasMore;
    }
    const waiting = this.outbox
      .list()
      .filter((pending) => !this.timeline.hasSent(pending.client_id, this.me.id));
    this.list.show(layOut(this.timeline.messages, waiting, this));
    this.#showJump();
    this.#part("empty").hidden = this.timeline.messages.length + waiting.length > 0;
    if (!this.hasMore && this.timeline.messages.length) this.#showHistory("This is where it began.");
  }

  #showHistory(text) {
    this.#part("history").textContent = text;
  }

  #showJump() {
    const jump = this.#part("jump");
    jump.hidden = this.list.atBottom;
    const count = this.newBelow;
    const words = count === 0 ? "Jump to newest" : `${count} new ${count === 1 ? "message" : "messages"}`;
    this.#part("jump-text").textContent = words;
  }
}

customElements.define("chat-room", ChatRoom);
