// A slider below a plot over time: it moves a line through the plot and says what the plot shows
// there, for the keyboard and for the pointer.

import { h, svg } from "./dom.js";

export class Reader {
  // `steps` are how many places there are; `say` tells what stands at one of them.
  constructor(label, steps, say) {
    this.say = say;
    this.output = h("output", { "aria-live": "off" });
    this.input = h("input", {
      type: "range", min: 0, max: steps - 1, value: 0, "aria-label": label,
      oninput: () => this.show(Number(this.input.value)),
    });
    this.rule = svg("line", { class: "cursor", visibility: "hidden" });
    this.element = h("div", { class: "reader" }, this.input, this.output);
    this.describe(0);
  }

  describe(index) {
    const words = this.say(index);
    this.input.setAttribute("aria-valuetext", words);
    this.output.textContent = words;
  }

  // There are so many places now. Who is at the last one stays there.
  resize(steps) {
    const atEnd = this.input.value === this.input.max;
    this.input.max = steps - 1;
    if (atEnd) {
      this.input.value = steps - 1;
    }
    this.describe(Number(this.input.value));
  }

  show(index) {
    this.input.value = index;
    this.describe(index);
    this.place();
    this.rule.setAttribute("visibility", "visible");
  }

  place() {
    const x = this.position?.(Number(this.input.value)) ?? 0;
    this.rule.setAttribute("x1", x);
    this.rule.setAttribute("x2", x);
  }

  // Takes a drawing: `position` gives the x of a place, `indexAt` the place at an x.
  attach(drawing, { position, indexAt, top, bottom, left, right }) {
    this.position = position;
    this.rule.setAttribute("y1", top);
    this.rule.setAttribute("y2", bottom);
    drawing.append(this.rule);
    this.place();
    drawing.addEventListener("pointermove", (event) => this.show(indexAt(event.offsetX)));
    this.input.style.marginLeft = `${left}px`;
    this.input.style.width = `calc(100% - ${left + right}px)`;
  }
}
