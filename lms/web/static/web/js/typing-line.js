/** Who is typing. What is not repeated is over after a few seconds: its end may be lost. */

const OVER_MS = 7_000;

export class TypingLine {
  /** @param {HTMLElement} root @param {string} myId */
  constructor(root, myId) {
    this.root = root;
    this.myId = myId;
    /** @type {Map<string, {name: string, timer: number}>} */
    this.people = new Map();
  }

  /** @param {{id: string, name: string}} person */
  started(person) {
    if (person.id === this.myId) return;
    this.#forget(person.id);
    const timer = setTimeout(() => this.stopped(person.id), OVER_MS);
    this.people.set(person.id, { name: person.name, timer });
    this.#show();
  }

  /** @param {string} id */
  stopped(id) {
    this.#forget(id);
    this.#show();
  }

  clear() {
    for (const id of [...this.people.keys()]) this.#forget(id);
    this.#show();
  }

  /** @param {string} id */
  #forget(id) {
    clearTimeout(this.people.get(id)?.timer);
    this.people.delete(id);
  }

  #show() {
    const names = [...this.people.values()].map((person) => person.name);
    if (names.length === 0) this.root.textContent = "";
    else if (names.length === 1) this.root.textContent = `${names[0]} is typing…`;
    else if (names.length === 2) this.root.textContent = `${names[0]} and ${names[1]} are typing…`;
    else this.root.textContent = "Several people are typing…";
  }
}
