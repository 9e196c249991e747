// Codes that clear each other, counted apart and together.

import { chosenSetting } from "./data.js";
import { absent } from "../../page/src/figure.js";
import { h } from "../../page/src/dom.js";
import { folded, table } from "../../page/src/table.js";
import { count, duration, joined } from "../../page/src/words.js";

function rowsOf({ settings }, pair) {
  return pair.settings.map(({ apart, together }, i) =>
    ({ name: settings[i]?.name ?? "", setting: settings[i], apart, together }));
}

function both(head, key, text) {
  return ["apart", "together"].map((way) => ({
    head: `${head}, ${way}`, number: true, value: (row) => row[way][key],
    text: (row) => text(row[way][key]),
  }));
}

function pairTable(title, rows, chosen) {
  return table({
    name: title,
    sortable: true,
    columns: [
      { head: "Setting", value: (row) => row.name },
      ...both("Wrong last words", "wrong", count),
      ...both("Longest", "longest", duration),
      ...both("Wrong at the end", "open", count),
      ...both("Held back", "consolidated", count),
    ],
    rows,
    classOf: (row) => (chosen && row.setting === chosen ? "marked" : null),
  });
}

function words(way, { wrong, longest, open, consolidated }) {
  const end = open > 0 ? `, ${count(open)} of them still at the end` : "";
  const trust = wrong === 0 ? "the receiver\u2019s last word was always the device\u2019s"
    : `the receiver\u2019s last word was not the device\u2019s ${count(wrong)} times, for `
      + `${duration(longest)} at the longest${end}`;
  return `Counted ${way}, ${trust}; ${count(consolidated)} alerts were held back.`;
}

function pairPart(data, pair) {
  const title = joined(pair.codes);
  const rows = rowsOf(data.tune, pair);
  const chosen = chosenSetting(data);
  const shown = rows.find((row) => row.setting === chosen) ?? rows[0];
  return [
    h("h3", {}, title),
    h("p", { class: "note" }, joined(pair.names.filter(Boolean))),
    shown ? h("p", {}, `With ${shown.name}. `, words("apart", shown.apart), " ",
      words("together", shown.together)) : null,
    rows.length > 0 ? folded("All settings", pairTable(title, rows, chosen)) : null,
  ].filter(Boolean);
}

export function pairsSection(data) {
  const { pairs } = data.tune;
  if (pairs.length === 0) {
    return [absent("No codes that clear each other were throttled.")];
  }
  return [
    h("p", {}, "Some codes take back what another one says. Where each is counted for itself, one "
      + "may be held back while the other passes, and the receiver believes the wrong one for a "
      + "while."),
    ...pairs.flatMap((pair) => pairPart(data, pair)),
  ];
}
