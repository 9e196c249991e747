// The frame of a plot: the drawing with its text alternative, what steers it, how to read it and
// its numbers in a table. The drawing is made anew for each width, so that its type keeps its size.

import { h } from "./dom.js";
import { folded } from "./table.js";

function redrawnOnResize(box, draw) {
  let drawn = 0;
  const update = () => {
    const width = Math.floor(box.clientWidth);
    if (width > 0) {
      drawn = width;
      const drawing = draw(width);
      drawing.setAttribute("aria-hidden", "true"); // the box tells what it shows
      box.replaceChildren(drawing);
    }
  };
  new ResizeObserver(() => {
    if (Math.floor(box.clientWidth) !== drawn) {
      update();
    }
  }).observe(box);
  return update;
}

// {name, label, draw, caption, before, after, numbers}: `label` is the text alternative, `draw`
// gives an SVG for a width, `before` and `after` are elements around it, `numbers` is a table.
// Gives the element and a function that draws again, with another label if there is one.
export function figure({ name, label, draw, caption, before = [], after = [], numbers = null }) {
  const box = h("div", { class: "plot", role: "img", "aria-label": label });
  const redraw = redrawnOnResize(box, draw);
  const element = h(
    "figure", { "data-plot": name }, before, box, after,
    h("figcaption", {}, caption),
    numbers && folded("The numbers", numbers),
  );
  const again = (newLabel) => {
    if (newLabel) {
      box.setAttribute("aria-label", newLabel);
    }
    redraw();
  };
  return { element, again };
}

// {name, fill, line, dash}: a key to the colours and dashes.
export function legend(...entries) {
  const items = entries.map(({ text, mark }) =>
    h("li", {}, h("span", { class: `key ${mark}`, "aria-hidden": "true" }), text));
  return h("ul", { class: "legend" }, items);
}

// What stands in place of a plot that there is nothing for.
export function absent(sentence) {
  return h("p", { class: "absent" }, sentence);
}
