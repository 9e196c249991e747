// The name beside the recommended point, where it hides the fewest of the others.

import { svg } from "../../page/src/dom.js";

const HIGH = 18;
const AWAY = 14;
const WIDE = 7.2; // of a letter, on average

// The boxes that the text may take: to the right or the left, above or below, near or further off.
function places(at, wide) {
  return [-1, 1, -2, 2, -3, 3].flatMap((below) => [1, -1].map((side) => {
    const left = side > 0 ? at.x + AWAY : at.x - AWAY - wide;
    const top = at.y + below * AWAY - HIGH / 2;
    return { left, right: left + wide, top, bottom: top + HIGH };
  }));
}

const inside = (box, { x, y }) =>
  x > box.left - 5 && x < box.right + 5 && y > box.top - 5 && y < box.bottom + 5;

// `at` and `others` are places in the drawing, `frame` is the box to stay in.
export function labelBeside(text, at, others, frame) {
  const free = places(at, text.length * WIDE).filter((box) =>
    box.left >= frame.left && box.right <= frame.right && box.bottom <= frame.bottom);
  const hidden = (box) => others.filter((other) => inside(box, other)).length;
  const [best] = free.sort((a, b) => hidden(a) - hidden(b));
  if (!best) {
    return null;
  }
  const toTheLeft = best.right < at.x;
  return svg("text", {
    class: "point-name", x: toTheLeft ? best.right : best.left, y: best.top + HIGH / 2,
    dy: "0.32em", "text-anchor": toTheLeft ? "end" : "start",
  }, text);
}
