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

// Makes `body` hold these lines. What says the same stays the element that it was, so that focus
// and selection stay.
function replaceLines(body, lines) {
  const before = new Map([...body.rows].map((row) => [row.dataset.key, row]));
  let focused = body.contains(document.activeElement) ? document.activeElement : null;
  const kept = lines.map((line) => {
    const old = before.get(line.dataset.key);
    if (!old || old.cells.length !== line.cells.length) {
      return line;
    }
    old.className = line.className;
    [...line.cells].forEach((cell, i) => {
      if (!old.cells[i].isEqualNode(cell)) {
        const hadFocus = old.cells[i].contains(focused);
        old.cells[i].replaceWith(cell);
        focused = hadFocus ? cell.querySelector("a, button") : focused;
      }
    });
    return old;
  });
  if (kept.length !== body.rows.length || kept.some((row, i) => body.rows[i] !== row)) {
    body.replaceChildren(...kept);
  }
  if (focused?.isConnected && document.activeElement !== focused) {
    focused.focus({ preventScroll: true });
  }
}

// A table that can be told other rows, and be sorted by its heads: the first press of a column of
// numbers puts the largest first.
class Table {
  constructor(options) {
    this.options = options;
    this.body = h("tbody");
    this.rows = [];
    this.sortedBy = null;
    this.heads = options.columns.map((column) =>
      h("th", { scope: "col", class: column.number ? "number" : null }, column.head));
    const head = h("thead", {}, h("tr", {}, this.heads));
    this.element = scrollBox(options.name, h("table", { class: options.kind }, head, this.body));
    this.element.classList.toggle("tall", Boolean(options.tall));
  }

  makeSortable() {
    this.heads.forEach((head, index) => {
      if (this.options.columns[index].value) {
        const button = h("button", { type: "button", onclick: () => this.sortBy(index) });
        button.append(...head.childNodes);
        head.append(button);
      }
    });
  }

  sortBy(index) {
    const column = this.options.columns[index];
    const now = this.heads[index].getAttribute("aria-sort");
    const descending = now === null ? Boolean(column.number) : now === "ascending";
    this.heads.forEach((head) => head.removeAttribute("aria-sort"));
    this.heads[index].setAttribute("aria-sort", descending ? "descending" : "ascending");
    this.sortedBy = { column, descending };
    this.update(this.rows);
  }

  update(rows) {
    const { columns, classOf, keyOf } = this.options;
    this.rows = rows;
    const shown = this.sortedBy
      ? sorted(rows, this.sortedBy.column, this.sortedBy.descending) : rows;
    const lines = shown.map((row) => line(columns, row, classOf));
    if (keyOf) {
      lines.forEach((element, i) => { element.dataset.key = keyOf(shown[i]); });
      replaceLines(this.body, lines);
    } else {
      this.body.replaceChildren(...lines);
    }
  }
}

export function scrollBox(label, ...content) {
  return h("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": label }, content);
}

// `name` says what the table holds: it is read out for its box. `kind` is a class; a `tall` table
// scrolls up and down as well.
export function table(options) {
  const made = new Table(options);
  if (options.sortable && options.rows.length > 1) {
    made.makeSortable();
  }
  made.update(options.rows);
  return made.element;
}

// The same, to be told rows again and again: {element, update(rows)}. `keyOf` gives what a row is
// known by when it comes again.
export function liveTable(options) {
  const made = new Table(options);
  if (options.sortable) {
    made.makeSortable();
  }
  return made;
}

// The same behind a line that opens it.
export function folded(summary, content) {
  return h("details", {}, h("summary", {}, summary), content);
}
