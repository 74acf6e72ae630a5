/** Words for screen readers, without a flood: what arrives close together is said as one. */

const QUIET_MS = 2_500;
/** @type {string[]} */
let waiting = [];
let timer = 0;

/** @param {string} text */
export function announce(text) {
  waiting.push(text);
  if (timer) return;
  timer = setTimeout(speak, 150);
}

function speak() {
  const region = document.getElementById("announcer");
  const text = waiting.length > 2 ? `${waiting.length} new messages. Last: ${waiting.at(-1)}` : waiting.join(" ");
  waiting = [];
  if (region) region.textContent = text;
  timer = setTimeout(() => {
    timer = 0;
    if (waiting.length) speak();
  }, QUIET_MS);
}
