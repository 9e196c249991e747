// All settings in a table that can be sorted.

import { chosenSetting } from "./data.js";
import { table } from "../../page/src/table.js";
import { count, duration, share } from "../../page/src/words.js";

function time(head, of) {
  return {
    head, number: true,
    value: (s) => (s.totals.delay.count > 0 ? of(s.totals.delay) : null),
    text: (s) => (s.totals.delay.count > 0 ? duration(of(s.totals.delay)) : duration(null)),
  };
}

function number(head, value) {
  return { head, number: true, value, text: (s) => count(value(s)) };
}

const COLUMNS = [
  { head: "Setting", value: (s) => s.name },
  { head: "Targets", value: (s) => (s.meets ? "met" : "missed") },
  { head: "Front", value: (s) => (s.front ? "yes" : "no") },
  {
    head: "Held back", number: true, value: (s) => s.totals.held_back,
    text: (s) => share(s.totals.held_back),
  },
  number("Copies", (s) => s.totals.copies),
  number("Devices", (s) => s.totals.devices),
  number("Episodes", (s) => s.totals.episodes.started),
  number("Busiest minute", (s) => s.totals.peak_after),
  time("Median delay", (delay) => delay.median),
  time("99 % delay", (delay) => delay.p99),
  time("Worst delay", (delay) => delay.worst),
  number("Not in a copy", (s) => s.totals.pending + s.totals.unrepresented),
];

export function settingsTable(data) {
  const chosen = chosenSetting(data);
  return table({
    name: "All settings", sortable: true, columns: COLUMNS, tall: true,
    rows: data.tune.settings, classOf: (setting) => (setting === chosen ? "marked" : null),
  });
}
