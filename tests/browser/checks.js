// Checks of a page as it is. Each returns lines that say what is wrong, or none.
({
  // Controls that can be seen and have nothing that a screen reader would call them.
  nameless() {
    const CONTROLS =
      'a[href], button, input:not([type=hidden]), textarea, select, [role=button], [tabindex="0"]';
    const nameOf = (e) => {
      const labels = e.labels ? [...e.labels].map((label) => label.textContent) : [];
      const ids = (e.getAttribute("aria-labelledby") || "").split(" ").filter(Boolean);
      const by = ids.map((id) => document.getElementById(id)?.textContent || "");
      const name = [e.getAttribute("aria-label") || "", ...by, ...labels, e.textContent].join("");
      return name.trim();
    };
    return [...document.querySelectorAll(CONTROLS)]
      .filter((e) => e.checkVisibility() && !nameOf(e))
      .map((e) => `nameless: ${e.outerHTML.slice(0, 120)}`);
  },

  // What is wrong whatever it looks like.
  broken() {
    const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
    const wrong = ids.filter((id, i) => ids.indexOf(id) !== i).map((id) => `id twice: ${id}`);
    for (const name of ["aria-labelledby", "aria-describedby", "aria-controls"]) {
      for (const e of document.querySelectorAll(`[${name}]`)) {
        for (const id of e.getAttribute(name).split(" ").filter(Boolean)) {
          if (!document.getElementById(id)) wrong.push(`${name} of nothing: ${id}`);
        }
      }
    }
    for (const e of document.querySelectorAll("img:not([alt])")) wrong.push(`no alt: ${e.src}`);
    if (document.querySelectorAll("main").length !== 1) wrong.push("not one main");
    if (!document.querySelector("h1")) wrong.push("no h1");
    if (!document.documentElement.lang) wrong.push("no language");
    if (!document.title) wrong.push("no title");
    return wrong;
  },

  // Text that WCAG AA calls too faint for what is painted behind it.
  faint() {
    const SKIPPED = ":disabled, .visually-hidden, svg, .skip-link";
    const parse = (color) => {
      const numbers = color.match(/[\d.]+/g).map(Number);
      return numbers.length < 4 ? [...numbers, 1] : numbers;
    };
    const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    const light = ([r, g, b]) =>
      0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255) + 0.05;
    const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3]));
    const behind = (e) => {
      const layers = [];
      for (let at = e; at; at = at.parentElement) {
        const color = parse(getComputedStyle(at).backgroundColor);
        if (color[3] > 0) layers.unshift(color);
        if (color[3] === 1) break;
      }
      return layers.reduce((under, top) => over(top, under), [255, 255, 255]);
    };
    const wrong = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode.data.trim();
      const e = walker.currentNode.parentElement;
      if (!text || !e.checkVisibility({ opacityProperty: true }) || e.closest(SKIPPED)) continue;
      const { color, fontSize, fontWeight } = getComputedStyle(e);
      const [a, b] = [light(over(parse(color), behind(e))), light(behind(e))];
      const ratio = Math.max(a, b) / Math.min(a, b);
      const size = parseFloat(fontSize);
      const isLarge = size >= 24 || (size >= 18.66 && Number(fontWeight) >= 700);
      if (ratio < (isLarge ? 3 : 4.5)) wrong.push(`${ratio.toFixed(2)}: ${text.slice(0, 60)}`);
    }
    return wrong;
  },

  // Targets smaller than a fingertip. Links inside sentences are not meant.
  small() {
    const SKIPPED = ".message-text, .notice, .skip-link, h2, .line-text, .visually-hidden";
    return [...document.querySelectorAll("a[href], button, input:not([type=hidden]), textarea")]
      .filter((e) => e.checkVisibility({ opacityProperty: true }) && !e.closest(SKIPPED))
      .map((e) => [e, e.getBoundingClientRect()])
      .filter(([, box]) => box.width < 44 || box.height < 44)
      .map(([e, box]) => `${box.width}x${box.height}: ${e.outerHTML.slice(0, 120)}`);
  },

  tooWide() {
    // A phone zooms out for what is too wide, and then says that its window is as wide as that.
    const shown = Math.min(innerWidth, screen.width);
    return document.documentElement.scrollWidth > shown ? ["wider than the screen"] : [];
  },
})
