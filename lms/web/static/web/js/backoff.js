/** How long to wait before trying again: doubling, capped, and spread out so that a thousand
 * clients of a restarted server do not come back in the same moment. */

const FIRST_MS = 500;
const LONGEST_MS = 20_000;

/**
 * @param {number} attempt how many tries have failed in a row, from 0
 * @param {() => number} [random] in [0, 1)
 * @returns {number} milliseconds, between half of the step and the whole of it
 */
export function backoffDelay(attempt, random = Math.random) {
  const step = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
  return Math.round(step * (0.5 + random() / 2));
}
