/** The tab's title tells how much is unread: "(3) General · Stoa". */

/** @type {Record<string, number>} */
const counts = { messages: 0, notifications: 0 };
const PREFIX = /^\(\d+\) /;

/** @param {"messages" | "notifications"} what @param {number} count */
export function setUnread(what, count) {
  counts[what] = count;
  showTitle();
}

/** Again after a navigation has set a new title. */
export function showTitle() {
  const total = counts.messages + counts.notifications;
  const bare = document.title.replace(PREFIX, "");
  document.title = total ? `(${total}) ${bare}` : bare;
}
