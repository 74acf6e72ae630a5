/** A small menu of reactions beside the button that opened it. */
import { h } from "./dom.js";
import { EMOJI } from "./message-view.js";

const NAMES = {
  "👍": "thumbs up", "❤️": "heart", "😂": "laughing", "🎉": "party", "🙏": "thanks",
  "👀": "looking", "✅": "done", "🤔": "thinking",
}; // prettier-ignore
const COLUMNS = 4;

/** @param {HTMLElement} anchor @param {(emoji: string) => void} onPick */
export function openEmojiMenu(anchor, onPick) {
  const menu = h("div.emoji-menu", { role: "menu", "aria-label": "Choose a reaction" });
  const close = () => {
    stop.abort();
    menu.remove();
  };
  const stop = new AbortController();
  for (const emoji of EMOJI) {
    const pick = () => {
      close();
      anchor.focus();
      onPick(emoji);
    };
    menu.append(
      h("button", { type: "button", role: "menuitem", "aria-label": NAMES[emoji], onclick: pick }, emoji),
    );
  }
  document.body.append(menu);
  place(menu, anchor);
  menu.querySelector("button")?.focus();
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
      anchor.focus();
    } else if (event.key === "Tab") close();
    else move(menu, event);
  });
  const { signal } = stop;
  addEventListener("pointerdown", (event) => menu.contains(event.target) || close(), { signal });
  addEventListener("resize", close, { signal });
}

/** @param {HTMLElement} menu @param {KeyboardEvent} event */
function move(menu, event) {
  const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS };
  const step = steps[event.key];
  if (!step) return;
  event.preventDefault();
  const buttons = [...menu.querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement);
  buttons[(at + step + buttons.length) % buttons.length].focus();
}

/** @param {HTMLElement} menu @param {HTMLElement} anchor */
function place(menu, anchor) {
  const box = anchor.getBoundingClientRect();
  const size = menu.getBoundingClientRect();
  const left = Math.min(Math.max(8, box.right - size.width), innerWidth - size.width - 8);
  const above = box.top - size.height - 6;
  menu.style.setProperty("left", `${left}px`);
  menu.style.setProperty("top", `${above > 8 ? above : box.bottom + 6}px`);
}
