/** Elements without markup in strings: text stays text, whatever strangers name their pages. */

/** @typedef {Node | string | number | null | false | undefined} Child */
/** @typedef {Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>} Properties */

/**
 * @param {string} tag with classes: `td.num`
 * @param {Properties} properties attributes; functions are listeners, `true` is an attribute without a value
 * @param {...(Child | Child[])} children
 * @returns {HTMLElement}
 */
export function h(tag, properties = {}, ...children) {
  const [name = "div", ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length > 0) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(key, value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children.flat().flatMap(nodes));
  return element;
}

/**
 * @param {Child} child
 * @returns {(Node | string)[]}
 */
function nodes(child) {
  if (child === null || child === undefined || child === false || child === "") return [];
  return [typeof child === "number" ? String(child) : child];
}

/** @typedef {{ element: HTMLElement, signature: string }} Drawn */
/** @type {WeakMap<Element, Map<string, Drawn>>} */
const drawn = new WeakMap();

/**
 * Shows items in a container, touching only what changed: whoever is about to press a button there keeps the focus.
 *
 * @template T
 * @param {Element} container
 * @param {readonly T[]} items
 * @param {{ key: (item: T) => string, row: (item: T) => HTMLElement }} how
 */
export function showList(container, items, { key, row }) {
  /** @type {Map<string, Drawn>} */
  const before = new Map(drawn.get(container));
  /** @type {Map<string, Drawn>} */
  const after = new Map();
  for (const item of items) {
    const id = key(item);
    const element = row(item);
    const signature = element.outerHTML;
    const old = before.get(id);
    if (old !== undefined && old.signature === signature) after.set(id, old);
    else {
      const focused = old?.element.contains(document.activeElement) === true ? document.activeElement : null;
      if (old !== undefined) old.element.replaceWith(element);
      if (focused !== null) focusLike(element, focused);
      after.set(id, { element, signature });
    }
    before.delete(id);
  }
  for (const { element } of before.values()) element.remove();
  let place = container.firstElementChild;
  for (const { element } of after.values()) {
    if (element === place) place = element.nextElementSibling;
    else container.insertBefore(element, place);
  }
  drawn.set(container, after);
}

/**
 * @param {HTMLElement} root
 * @param {Element} before
 */
function focusLike(root, before) {
  const name = before.getAttribute("data-focus");
  if (name === null) return;
  for (const element of root.querySelectorAll("[data-focus]")) {
    if (element instanceof HTMLElement && element.getAttribute("data-focus") === name) element.focus();
  }
}
