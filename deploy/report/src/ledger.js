// The account: where each record went.

import { table } from "../../page/src/table.js";
import { outcome } from "./verdict.js";
import { ratio, share } from "../../page/src/words.js";

function linesOf(data) {
  const { read, dead, other, duplicates, alerts } = data.summary;
  const result = outcome(data);
  return [
    { what: "Records read", number: read, of: null },
    { what: "Dead letters", number: dead, of: read, level: 1 },
    { what: "Duplicates dropped", number: duplicates, of: read, level: 1 },
    { what: "Other records", number: other, of: read, level: 1 },
    { what: "Alerts", number: alerts, of: read, level: 1 },
    { what: "Forwarded unchanged", number: result.forwarded, of: alerts, level: 2 },
    { what: "Forwarded as copies", number: result.copies, of: alerts, level: 2 },
    { what: "Held back", number: result.consolidated, of: alerts, level: 2 },
    { what: "not yet in a copy", number: result.pending, of: alerts, level: 3 },
    { what: "in no copy", number: result.unrepresented, of: alerts, level: 3 },
  ];
}

export function ledger(data) {
  return table({
    name: "Where each record went",
    kind: "ledger",
    columns: [
      { head: "Where each record went", value: (l) => l.what },
      { head: "Number", number: true, value: (l) => l.number },
      {
        head: "Share", number: true, value: (l) => l.of,
        text: (l) => (l.of === null ? "" : share(ratio(l.number, l.of))),
      },
    ],
    rows: linesOf(data),
    classOf: (l) => (l.level ? `level-${l.level}` : null),
  });
}

export const ledgerCaption = "Each record read is a dead letter, a dropped duplicate, another "
  + "record or an alert; each alert was forwarded unchanged, forwarded as a copy that says how "
  + "many it stands for, or held back. Of those held back, a copy or the episode\u2019s record "
  + "tells.";
