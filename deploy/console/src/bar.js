// A number as a bar behind it, for a cell of a table.

import { h } from "../../page/src/dom.js";
import { count } from "../../page/src/words.js";

export function barred(value, most, words = count(value)) {
  const part = value > 0 && most > 0 ? Math.max(1, Math.round((100 * value) / most)) : 0;
  return [
    h("span", { class: "track", "aria-hidden": "true" },
      h("span", { class: "bar", style: `width:${part}%` })),
    words,
  ];
}
