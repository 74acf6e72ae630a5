/** One row of a conversation as an element. */
import { avatar, h, icon, iconButton } from "./dom.js";
import { dayLabel, fullTime, richText, timeOfDay } from "./format.js";

export const EMOJI = ["👍", "❤️", "😂", "🎉", "🙏", "👀", "✅", "🤔"];

/**
 * @typedef {{
 *   me: import("./timeline.js").Person,
 *   canPost: boolean,
 *   canModerate: boolean,
 *   find: (id: string) => any,
 *   act: (name: string, row: any, more?: any) => void,
 * }} View
 */

/** What a row looks like depends on exactly this. @param {any} row @param {View} view */
export function fingerprint(row, view) {
  const replyTo = row.message?.reply_to || row.pending?.reply_to;
  const quoted = replyTo ? view.find(replyTo) : null;
  return JSON.stringify([
    row.kind, row.starts, row.message, row.pending, view.canPost, quoted?.content, quoted?.deleted,
  ]); // prettier-ignore
}

/** @param {any} row @param {View} view @returns {HTMLLIElement} */
export function renderRow(row, view) {
  if (row.kind === "day") return h("li.day", {}, h("span", {}, dayLabel(row.at)));
  if (row.kind === "unread") return h("li.unread-divider", {}, h("span", {}, "New"));
  return row.kind === "pending" ? renderPending(row, view) : renderMessage(row, view);
}

function renderMessage(row, view) {
  const { message } = row;
  const item = h("li.message", {
    tabindex: "-1",
    id: `m-${message.id}`,
    dataset: { id: message.id },
    "aria-label": labelOf(message),
  });
  item.classList.toggle("starts", row.starts);
  item.classList.toggle("is-deleted", message.deleted);
  const body = h("div.message-body", {}, quoteOf(message.reply_to, view), textOf(message));
  if (message.reactions.length) body.append(reactionsOf(row, view));
  item.append(...frame(row, body));
  if (!message.deleted) item.append(toolsOf(row, view));
  return item;
}

function renderPending(row, view) {
  const { pending } = row;
  const item = h("li.message.is-pending", {
    tabindex: "-1",
    dataset: { clientId: pending.client_id, state: pending.state },
    "aria-label": `You: ${pending.content}. ${stateText(pending)}`,
  });
  item.classList.toggle("starts", row.starts);
  const text = h("div.message-text", {}, ...richText(pending.content));
  const body = h("div.message-body", {}, quoteOf(pending.reply_to, view), text, stateOf(row, view));
  item.append(...frame(row, body));
  return item;
}

/** Avatar and name once for each group of messages, the time beside the others. */
function frame(row, body) {
  const at = row.created_at;
  if (!row.starts) {
    const time = h("time.side-time", { datetime: at, "aria-hidden": "true" }, timeOfDay(at));
    return [time, body];
  }
  const head = h(
    "div.message-head",
    {},
    h("span.message-author", {}, row.author.name),
    h("time.message-time", { datetime: at, title: fullTime(at) }, timeOfDay(at)),
  );
  body.prepend(head);
  return [avatar(row.author), body];
}

function labelOf(message) {
  const said = message.deleted ? "message deleted" : message.content;
  return `${message.author.name}, ${timeOfDay(message.created_at)}: ${said}`;
}

function textOf(message) {
  if (message.deleted) return h("div.message-text", {}, "This message was deleted.");
  const text = h("div.message-text", {}, ...richText(message.content));
  if (message.edited_at) {
    text.append(" ", h("span.message-mark", { title: fullTime(message.edited_at) }, "(edited)"));
  }
  return text;
}

function quoteOf(replyTo, view) {
  if (!replyTo) return null;
  const original = view.find(replyTo);
  const words = original ? original.content || "This message was deleted." : "Show the earlier message";
  return h(
    "button.quote",
    { type: "button", onclick: () => view.act("show", null, replyTo) },
    icon("reply", "icon-small"),
    original && h("strong", {}, original.author.name),
    h("span", {}, words),
  );
}

function stateText(pending) {
  return pending.state === "failed" ? `Not sent. ${pending.problem}` : "Sending…";
}

function stateOf(row, view) {
  const { pending } = row;
  const failed = pending.state === "failed";
  const line = h(
    "div.message-state",
    {},
    icon(failed ? "alert" : "clock", "icon-small"),
    h("span", {}, stateText(pending)),
  );
  if (!failed) return line;
  line.classList.add("is-failed");
  line.append(
    h("button.text-button", { type: "button", onclick: () => view.act("retry", row) }, "Retry"),
    h("button.text-button", { type: "button", onclick: () => view.act("discard", row) }, "Discard"),
  );
  return line;
}

function reactionsOf(row, view) {
  const list = h("div.reactions");
  for (const reaction of row.message.reactions) {
    const mine = reaction.user_ids.includes(view.me.id);
    const people = reaction.count === 1 ? "1 person" : `${reaction.count} people`;
    list.append(
      h(
        "button.reaction",
        {
          type: "button",
          "aria-pressed": mine,
          "aria-label": `${reaction.emoji}, ${people}`,
          onclick: () => view.act("react", row, reaction.emoji),
        },
        h("span", {}, reaction.emoji),
        h("span", {}, String(reaction.count)),
      ),
    );
  }
  return list;
}

function toolsOf(row, view) {
  const mine = row.author.id === view.me.id;
  const tools = h("div.tools", { role: "group", "aria-label": "Message actions" });
  tools.append(
    iconButton("smile", "React", (event) => view.act("pick", row, event.currentTarget), {
      "aria-haspopup": "true",
    }),
  );
  if (view.canPost) tools.append(iconButton("reply", "Reply", () => view.act("reply", row)));
  if (mine) tools.append(iconButton("edit", "Edit", () => view.act("edit", row)));
  if (mine || view.canModerate) {
    tools.append(iconButton("trash", "Delete", () => view.act("delete", row)));
  }
  return tools;
}
