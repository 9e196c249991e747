// Lag, partition by partition.

import { absent } from "../../page/src/figure.js";
import { h } from "../../page/src/dom.js";
import { liveTable } from "../../page/src/table.js";
import { count, duration, instant } from "../../page/src/words.js";
import { barred } from "./bar.js";
import { BEHIND, isBehind } from "./health.js";
import { renew, show } from "./renew.js";

export class Partitions {
  constructor() {
    this.most = 0;
    this.none = h("div");
    this.table = liveTable({
      name: "Lag by partition", sortable: true, tall: true,
      columns: [
        { head: "Partition", value: (p) => p.partition, text: (p) => count(p.partition) },
        { head: "Worker", number: true, value: (p) => p.worker },
        { head: "State", value: (p) => p.state },
        { head: "Lag", number: true, value: (p) => p.lag, node: (p) => barred(p.lag, this.most) },
        { head: "Behind", number: true, value: (p) => p.lagSeconds,
          text: (p) => (p.lagSeconds === null ? "\u2013" : duration(1000 * p.lagSeconds)) },
        { head: "Stream time (UTC)", value: (p) => p.streamTime,
          text: (p) => instant(p.streamTime) },
        { head: "Live keys", number: true, value: (p) => p.liveKeys },
        { head: "Open episodes", number: true, value: (p) => p.open },
        { head: "Policy of", value: (p) => p.policy, text: (p) => instant(p.policy) },
      ],
      keyOf: (p) => String(p.partition),
      classOf: (p) => (p.state === "restoring" || isBehind(p) ? "marked" : null),
    });
    this.note = h("p", { class: "note" }, "Lag: records not processed yet. Behind: how much later "
      + "the log got its newest record than the last one that was processed. Marked: being "
      + `restored, or ${duration(1000 * BEHIND)} behind or more.`);
    this.element = [this.none, this.table.element, this.note];
  }

  update({ data }) {
    const partitions = data?.partitions ?? [];
    this.most = partitions.reduce((most, p) => Math.max(most, p.lag ?? 0), 0);
    show(this.table.element, partitions.length > 0);
    show(this.note, partitions.length > 0);
    renew(this.none, partitions.length > 0 ? null : absent(data
      ? "This instance has no partition. That is well where others of the group have them all."
      : "Not known yet."));
    this.table.update(partitions);
  }
}
