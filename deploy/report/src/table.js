// Tables in a box of their own, which scrolls sideways where the page is narrow.
//
// A column is {head, value, text, node, number, wide}: `value` gives what is sorted by, `text` what
// is read (by default the value), `node` elements instead of text.

import { h } from "./dom.js";
import { count } from "./words.js";

function textOf(column, row) {
  if (column.text) {
    return column.text(row);
  }
  const value = column.value(row);
  return column.number ? count(value) : String(value ?? "");
}

function cell(column, row, first) {
  const attributes = {
    class: column.number ? "number" : column.wide ? "wide" : null,
    scope: first ? "row" : null,
  };
  const content = column.node ? column.node(row) : textOf(column, row);
  return h(first ? "th" : "td", attributes, content);
}

// `classOf` gives the class of a row, such as that of a marked one, if it has any.
function line(columns, row, classOf) {
  const element = h("tr", { class: classOf?.(row) });
  element.append(...columns.map((column, i) => cell(column, row, i === 0)));
  return element;
}

// Numbers by size, the rest by the alphabet; what has no value last.
function compare(a, b) {
  if (a === null || a === undefined || b === null || b === undefined) {
    return (a === null || a === undefined ? 1 : 0) - (b === null || b === undefined ? 1 : 0);
  }
  if (typeof a === "number") {
    return a === b ? 0 : a - b; // two may be infinite
  }
  return String(a).localeCompare(String(b), "en");
}

function sorted(rows, column, descending) {
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => sign * compare(column.value(a), column.value(b)));
}

// Puts a button in each head; the first press of a column of numbers puts the largest first.
function makeSortable({ columns, rows, classOf }, heads, body) {
  const sortBy = (index) => {
    const column = columns[index];
    const now = heads[index].getAttribute("aria-sort");
    const descending = now === null ? Boolean(column.number) : now === "ascending";
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    heads[index].setAttribute("aria-sort", descending ? "descending" : "ascending");
    body.replaceChildren(...sorted(rows, column, descending).map((r) => line(columns, r, classOf)));
  };
  heads.forEach((head, index) => {
    if (columns[index].value) {
      const button = h("button", { type: "button", onclick: () => sortBy(index) });
      button.append(...head.childNodes);
      head.append(button);
    }
  });
}

export function scrollBox(label, ...content) {
  return h("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": label }, content);
}

// `name` says what the table holds: it is read out for its box. `kind` is a class; a `tall` table
// scrolls up and down as well.
export function table(options) {
  const { name, columns, rows, sortable, classOf, kind, tall } = options;
  const heads = columns.map((column) =>
    h("th", { scope: "col", class: column.number ? "number" : null }, column.head));
  const body = h("tbody", {}, rows.map((row) => line(columns, row, classOf)));
  if (sortable && rows.length > 1) {
    makeSortable(options, heads, body);
  }
  const element = h("table", { class: kind }, h("thead", {}, h("tr", {}, heads)), body);
  const box = scrollBox(name, element);
  box.classList.toggle("tall", Boolean(tall));
  return box;
}

// The same behind a line that opens it.
export function folded(summary, content) {
  return h("details", {}, h("summary", {}, summary), content);
}
