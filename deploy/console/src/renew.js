// Parts of the page that are told again and again.

import { h } from "../../page/src/dom.js";

// Gives `element` these children, unless it says the same already: what is selected stays so.
export function renew(element, ...children) {
  const next = [...h("div", {}, ...children).childNodes];
  const now = element.childNodes;
  if (next.length !== now.length || next.some((child, i) => !child.isEqualNode(now[i]))) {
    element.replaceChildren(...next);
  }
}

// Shows the one or the other.
export function show(element, shown) {
  element.hidden = !shown;
}
