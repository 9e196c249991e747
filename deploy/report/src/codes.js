// The codes with most alerts, and those never throttled that storm.

import { absent } from "../../page/src/figure.js";
import { h } from "../../page/src/dom.js";
import { sparkline } from "./sparkline.js";
import { table } from "../../page/src/table.js";
import { count, ratio, share } from "../../page/src/words.js";

const UNNAMED = "not in the catalogue";

export function codeName({ name }) {
  return name || UNNAMED;
}

const held = (row) => ratio(row.consolidated, row.alerts);

export function codesSection({ codes }) {
  if (codes.length === 0) {
    return [absent("There are no alerts to tell of.")];
  }
  return [
    table({
      name: "Codes with most alerts",
      sortable: true,
      columns: [
        { head: "Code", value: (c) => c.code },
        { head: "Name", value: codeName, wide: true,
          text: (c) => (c.excluded ? `${codeName(c)} (never throttled)` : codeName(c)) },
        { head: "Over time", node: (c) => sparkline(c.received, c.passed) },
        { head: "Alerts", number: true, value: (c) => c.alerts },
        { head: "Unchanged", number: true, value: (c) => c.forwarded },
        { head: "Copies", number: true, value: (c) => c.copies },
        { head: "Held back", number: true, value: (c) => c.consolidated },
        { head: "Share", number: true, value: held, text: (c) => share(held(c)) },
        { head: "Episodes", number: true, value: (c) => c.episodes },
        { head: "Devices", number: true, value: (c) => c.devices },
      ],
      rows: codes,
    }),
    h("p", { class: "note" }, "Over time: orange is what came, blue what was passed on; "
      + "each row has a scale of its own."),
  ];
}

function extreme(storm, settings, better) {
  const index = storm.settings.reduce((at, n, i) => (better(n, storm.settings[at]) ? i : at), 0);
  const windows = storm.settings[index];
  return { windows: windows ?? null, name: settings[index]?.name ?? "" };
}

function stormRows({ excluded_storms: storms, settings }) {
  return storms.map((storm) => ({
    ...storm,
    most: extreme(storm, settings, (a, b) => a > b),
    least: extreme(storm, settings, (a, b) => a < b),
  }));
}

const windows = ({ windows: n, name }) => (n === null ? "" : `${count(n)} (${name})`);

export function excludedSection({ tune }) {
  if (tune.excluded_storms.length === 0) {
    return [absent("No excluded code went beyond a threshold.")];
  }
  return [
    table({
      name: "Excluded codes that storm",
      sortable: true,
      columns: [
        { head: "Code", value: (s) => s.code },
        { head: "Name", value: codeName, wide: true },
        { head: "Alerts", number: true, value: (s) => s.alerts },
        { head: "Most windows above", number: true, value: (s) => s.most.windows,
          text: (s) => windows(s.most) },
        { head: "Fewest", number: true, value: (s) => s.least.windows,
          text: (s) => windows(s.least) },
      ],
      rows: stormRows(tune),
    }),
    h("p", { class: "note" }, "Windows in which a device went beyond the threshold with a code "
      + "that is never throttled, under the setting in parentheses."),
  ];
}
