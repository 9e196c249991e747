// A labelled list to choose from.

import { h, newId } from "./dom.js";

// `options` are [value, text]; `changed` gets the value.
export function choice(label, options, changed) {
  const id = newId("choice");
  const list = h("select", { id, onchange: () => changed(list.value) });
  list.append(...options.map(([value, text]) => h("option", { value }, text)));
  return h("p", { class: "choice" }, h("label", { for: id }, label), " ", list);
}
