// Rates over the last minutes, from what the page has seen of the totals.

import * as Plot from "@observablehq/plot";
import { absent, figure, legend } from "../../page/src/figure.js";
import { h } from "../../page/src/dom.js";
import { Reader } from "../../page/src/reader.js";
import { liveTable } from "../../page/src/table.js";
import { brief, count, counted, duration, instant } from "../../page/src/words.js";
import { KEPT } from "./history.js";
import { renew, show } from "./renew.js";

const HEIGHT = 260;
const MARGINS = { marginLeft: 52, marginRight: 16, marginTop: 24, marginBottom: 32 };
const LISTED = 60;
const SHORTEST = 60_000; // of the time that the plot shows
const LINES = [
  ["read", { stroke: "var(--muted)", strokeDasharray: "2 3" }],
  ["held", { stroke: "var(--received)", strokeDasharray: "5 3" }],
  ["forwarded", { stroke: "var(--passed)", strokeWidth: 2 }],
];

const bySecond = (value) => (value === null ? "not known"
  : value > 0 && value < 10 ? value.toFixed(1) : count(value));

function chart(rates, width) {
  const most = rates.reduce(
    (top, r) => Math.max(top, r.read ?? 0, r.forwarded ?? 0, r.held ?? 0), 0);
  const last = rates[rates.length - 1].at;
  return Plot.plot({
    width, height: HEIGHT, ...MARGINS,
    style: { fontSize: "13px", fontFamily: "inherit" },
    x: {
      type: "utc", label: null, ticks: Math.max(2, Math.floor(width / 110)),
      domain: [new Date(Math.min(rates[0].from, last - SHORTEST)), new Date(last)],
    },
    y: { label: "a second", tickFormat: brief, ticks: 5, domain: [0, Math.max(most, 1)] },
    marks: [
      Plot.gridY({ stroke: "var(--rule)", strokeOpacity: 1, ticks: 5 }),
      ...LINES.map(([name, style]) => Plot.lineY(rates, {
        x: (r) => new Date(r.at), y: (r) => r[name] ?? NaN, strokeWidth: 1.5, ...style,
      })),
      Plot.ruleY([0], { stroke: "var(--ink)" }),
    ],
  });
}

const say = (r) => (r ? `${instant(r.at)}: read ${bySecond(r.read)}, forwarded `
  + `${bySecond(r.forwarded)}, held back ${bySecond(r.held)} a second` : "");

export class Rates {
  constructor(every) {
    this.rates = [];
    this.every = every;
    this.none = h("div");
    this.reader = new Reader("Step through time", 1, (i) => say(this.rates[i]));
    this.table = liveTable({
      name: "Rates, the numbers",
      columns: [
        { head: "Until (UTC)", value: (r) => r.at, text: (r) => instant(r.at) },
        ...[["Read", "read"], ["Forwarded", "forwarded"], ["Held back", "held"]].map(
          ([head, name]) => ({ head, number: true, value: (r) => r[name],
            text: (r) => bySecond(r[name]) })),
      ],
      keyOf: (r) => String(r.at),
    });
    const opened = `${instant(Math.floor(Date.now() / 1000) * 1000)} UTC`;
    this.figure = figure({
      name: "rates", label: "Rates", draw: (width) => this.draw(width),
      before: [legend(
        { mark: "read", text: "read" },
        { mark: "passed-line", text: "forwarded, copies included" },
        { mark: "received", text: "held back" },
      )],
      after: [this.reader.element],
      caption: "Records and alerts a second, times in UTC. This page keeps them itself, from "
        + `asking every ${duration(every)} since it was opened at ${opened}, for `
        + `${duration(KEPT)}: it `
        + "knows nothing from before, and where a line has a gap there was no answer, or the "
        + "service began anew.",
      numbers: this.table.element,
    });
    const folded = this.figure.element.querySelector("details");
    folded.addEventListener("toggle", () => this.list());
    this.folded = folded;
    this.element = [this.none, this.figure.element];
  }

  draw(width) {
    const { rates, reader } = this;
    const drawing = chart(rates, width);
    const scale = drawing.scale("x");
    const nearest = (time) => rates.reduce((best, r, i) =>
      (Math.abs(r.at - time) < Math.abs(rates[best].at - time) ? i : best), 0);
    reader.attach(drawing, {
      position: (i) => scale.apply(new Date(rates[i]?.at ?? rates[0].at)),
      indexAt: (x) => {
        const shown = drawing.clientWidth > 0 ? width / drawing.clientWidth : 1;
        return nearest(scale.invert(x * shown).getTime());
      },
      top: MARGINS.marginTop, bottom: HEIGHT - MARGINS.marginBottom,
      left: MARGINS.marginLeft, right: MARGINS.marginRight,
    });
    return drawing;
  }

  list() {
    if (this.folded.open) {
      this.table.update(this.rates.slice(-LISTED).reverse());
    }
  }

  update(past) {
    this.rates = past.rates;
    const known = this.rates.some((r) => r.read !== null);
    show(this.figure.element, known);
    renew(this.none, known ? null
      : absent(`The first rates are known after two answers, ${duration(this.every)} apart.`));
    if (known) {
      const last = this.rates[this.rates.length - 1];
      this.reader.resize(this.rates.length);
      this.figure.again(`Rates over ${duration(last.at - this.rates[0].from)}, from `
        + `${counted(this.rates.length, "answer")}. The last: ${say(last)}.`);
      this.list();
    }
  }
}
