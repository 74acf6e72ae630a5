/** What a conversation says, as plain data: no DOM, no network.
 *
 * Messages are kept once by id and in the order of their offsets; entries of the stream and pages
 * of history may be applied in any mixture and more than once.
 *
 * @typedef {{id: string, name: string, avatar: string}} Person
 * @typedef {{emoji: string, count: number, user_ids: string[]}} ReactionCount
 * @typedef {{id: string, offset: number, client_id: string, author: Person, content: string,
 *            reply_to: string | null, attachments: object[], created_at: string,
 *            edited_at: string | null, deleted: boolean, reactions: ReactionCount[]}} Message
 */

const GROUP_MS = 5 * 60 * 1000;

export class Timeline {
  constructor() {
    /** @type {Message[]} */
    this.messages = [];
    /** @type {Map<string, Message>} */
    this.byId = new Map();
  }

  clear() {
    this.messages = [];
    this.byId.clear();
  }

  /** @param {Message[]} messages in any order */
  merge(messages) {
    for (const message of messages) this.#put(message);
    this.messages.sort((a, b) => a.offset - b.offset);
  }

  /** Forget the oldest beyond `keep`: the page must not grow for ever. @param {number} keep */
  trim(keep) {
    const gone = this.messages.splice(0, Math.max(0, this.messages.length - keep));
    for (const message of gone) this.byId.delete(message.id);
    return gone.length > 0;
  }

  /**
   * One entry of the stream.
   * @param {{type: string, offset: number, payload: any}} entry
   */
  apply(entry) {
    const { type, offset, payload } = entry;
    if (type === "message.sent") this.merge([{ ...payload, offset }]);
    else if (type === "message.edited") this.#edit(payload);
    else if (type === "message.deleted") this.#markDeleted(payload.id);
    else if (type === "reaction.added") this.#react(payload, true);
    else if (type === "reaction.removed") this.#react(payload, false);
  }

  /** @param {string} clientId @param {string} authorId */
  hasSent(clientId, authorId) {
    return this.messages.some((m) => m.client_id === clientId && m.author.id === authorId);
  }

  /** @param {Message} message */
  #put(message) {
    const known = this.byId.get(message.id);
    if (known) Object.assign(known, message);
    else {
      this.byId.set(message.id, message);
      this.messages.push(message);
    }
  }

  /** @param {any} payload the whole message, maybe without reactions */
  #edit(payload) {
    const known = this.byId.get(payload.id);
    if (!known) return;
    known.content = payload.content;
    known.edited_at = payload.edited_at;
  }

  /** @param {string} id */
  #markDeleted(id) {
    const known = this.byId.get(id);
    if (!known) return;
    Object.assign(known, { deleted: true, content: "", attachments: [], reactions: [] });
  }

  /** @param {any} payload @param {boolean} added */
  #react({ message_id: id, emoji, user_id: userId, count }, added) {
    const message = this.byId.get(id);
    if (!message) return;
    const others = message.reactions.filter((r) => r.emoji !== emoji);
    const before = message.reactions.find((r) => r.emoji === emoji);
    const people = new Set(before?.user_ids || []);
    if (added) people.add(userId);
    else people.delete(userId);
    const changed = { emoji, count, user_ids: [...people] };
    if (count === 0) message.reactions = others;
    else if (before) {
      message.reactions = message.reactions.map((r) => (r.emoji === emoji ? changed : r));
    } else message.reactions = [...others, changed];
  }
}

/**
 * The rows to show: messages with day separators, the unread divider and author groups, then
 * what is still on its way.
 *
 * @param {Message[]} messages
 * @param {import("./outbox.js").Pending[]} pending
 * @param {{me: Person, unreadAfter: number | null}} view
 * @returns {any[]} each with a `key` that stays the same while the row is the same thing
 */
export function layOut(messages, pending, view) {
  const rows = [];
  /** @type {any} */
  let last = null;
  let divided = false;
  const place = (/** @type {any} */ row) => {
    const day = dayOf(row.created_at);
    const newDay = !last || dayOf(last.created_at) !== day;
    if (newDay) rows.push({ key: `day:${day}`, kind: "day", at: row.created_at });
    const divides = !divided && isFirstUnread(row, view);
    if (divides) {
      divided = true;
      rows.push({ key: "unread", kind: "unread" });
    }
    row.starts = newDay || divides || !continues(last, row);
    rows.push(row);
    last = row;
  };
  for (const m of messages) {
    const key = m.author.id === view.me.id ? `c:${m.client_id}` : `m:${m.id}`;
    place({ key, kind: "message", message: m, author: m.author, created_at: m.created_at });
  }
  for (const p of pending) {
    place({
      key: `c:${p.client_id}`,
      kind: "pending",
      pending: p,
      author: view.me,
      created_at: p.created_at,
    });
  }
  return rows;
}

function isFirstUnread(row, view) {
  return (
    view.unreadAfter !== null &&
    row.kind === "message" &&
    row.message.offset > view.unreadAfter &&
    row.author.id !== view.me.id
  );
}

function continues(last, row) {
  if (!last || last.author.id !== row.author.id) return false;
  if (row.message?.reply_to || row.pending?.reply_to) return false;
  return Date.parse(row.created_at) - Date.parse(last.created_at) < GROUP_MS;
}

/** @param {string} at */
function dayOf(at) {
  const date = new Date(at);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}
