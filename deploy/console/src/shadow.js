// Live against shadow: what a candidate policy would make of the same alerts.

import { absent } from "../../page/src/figure.js";
import { h } from "../../page/src/dom.js";
import { liveTable } from "../../page/src/table.js";
import { count, counted, instant, ratio, share } from "../../page/src/words.js";
import { codeLink } from "./links.js";
import { renew, show } from "./renew.js";

const ROWS = [
  ["Forwarded unchanged", "forwarded"], ["Forwarded as copies", "copies"],
  ["Held back", "consolidated"], ["Storms started", "episodes"], ["Storms open", "open"],
];

export function signed(value) {
  const sign = value > 0 ? "+" : value < 0 ? "\u2212" : "\u00b1";
  return `${sign}${count(Math.abs(value))}`;
}

const passed = (verdicts) => verdicts.forwarded + verdicts.copies;
const change = (row, of) => of(row.shadow) - of(row.live);

function pair(head, of) {
  return [
    { head: `${head}, live`, number: true, value: (c) => of(c.live) },
    { head: "shadow", number: true, value: (c) => of(c.shadow) },
    { head: "change", number: true, value: (c) => change(c, of),
      text: (c) => signed(change(c, of)) },
  ];
}

function verdict(data) {
  const held = ({ consolidated }) => share(ratio(consolidated, data.alerts));
  const more = change(data, (v) => v.consolidated);
  const changes = more === 0 ? "as many alerts would be held back as are"
    : `${counted(Math.abs(more), "alert")} ${more > 0 ? "more" : "fewer"} would be held back`;
  return `With ${data.file || "the candidate"}, ${changes}: ${held(data.shadow)} instead of `
    + `${held(data.live)} of ${counted(data.alerts, "alert")}. Both are counted over the same `
    + `alerts, since ${instant(data.since)} UTC.`;
}

export class Shadow {
  constructor() {
    this.summary = h("div");
    this.totals = liveTable({
      name: "Live against shadow", kind: "ledger",
      columns: [
        { head: "Of all alerts", value: (r) => r.what },
        { head: "Live", number: true, value: (r) => r.live },
        { head: "Shadow", number: true, value: (r) => r.shadow },
        { head: "Change", number: true, value: (r) => r.shadow - r.live,
          text: (r) => signed(r.shadow - r.live) },
      ],
      keyOf: (r) => r.what,
    });
    this.codes = liveTable({
      name: "Live against shadow by code", sortable: true, tall: true,
      columns: [
        { head: "Code", value: (c) => c.code, node: (c) => codeLink(c.code) },
        { head: "Name", value: (c) => c.name, wide: true },
        { head: "Alerts", number: true, value: (c) => c.alerts },
        ...pair("Held back", (v) => v.consolidated), ...pair("Passed on", passed),
        ...pair("Storms", (v) => v.episodes),
      ],
      keyOf: (c) => c.code,
    });
    this.tables = h("div", {}, this.totals.element, h("h3", {}, "Code by code"),
      this.codes.element);
    this.element = [this.summary, this.tables];
  }

  // `configured`: the status knows of a shadow policy.
  update({ data, failure }, configured) {
    show(this.tables, configured && data !== null);
    if (!configured || !data) {
      renew(this.summary, absent(!configured ? "No shadow policy is configured."
        : failure ? `Not known: ${failure.why}.` : "Asking\u2026"));
      return;
    }
    renew(this.summary, h("p", {}, verdict(data)), data.from === null ? null
      : h("p", { class: "note" }, "The candidate is the version of "
        + `${instant(data.from)}${data.note ? ` (${data.note})` : ""}.`));
    this.totals.update(ROWS.map(([what, name]) =>
      ({ what, live: data.live[name], shadow: data.shadow[name] })));
    this.codes.update(data.codes);
  }
}
