// The running 3 minutes, code by code, and what they look like.

import { absent } from "../../page/src/figure.js";
import { h } from "../../page/src/dom.js";
import { liveTable } from "../../page/src/table.js";
import { counted } from "../../page/src/words.js";
import { barred } from "./bar.js";
import { likeness, likenessInWords, MANY_DEVICES, REPEATS } from "./likeness.js";
import { codeLink } from "./links.js";
import { renew, show } from "./renew.js";

const each = ({ alerts, devices }) => (devices > 0 ? alerts / devices : null);
const name = (c) => c.name || (c.code === "other" ? "all codes that no table names" : "");

export class Recent {
  constructor() {
    this.most = 0;
    this.summary = h("p");
    this.table = liveTable({
      name: "The running 3 minutes", sortable: true,
      columns: [
        { head: "Code", value: (c) => c.code,
          node: (c) => (c.code === "other" ? c.code : codeLink(c.code)) },
        { head: "Name", value: name, wide: true },
        { head: "Alerts", number: true, value: (c) => c.alerts,
          node: (c) => barred(c.alerts, this.most) },
        { head: "Devices", number: true, value: (c) => c.devices },
        { head: "Alerts a device", number: true, value: each,
          text: (c) => (each(c) === null ? "\u2013" : each(c).toFixed(1)) },
        { head: "Looks like", value: likenessInWords, wide: true },
      ],
      keyOf: (c) => c.code,
      classOf: (c) => (likeness(c) === "calm" ? null : "marked"),
    });
    this.note = h("p", { class: "note" }, "Three minutes of stream time, over the partitions of "
      + "this instance; devices are estimated, to some 3\u00a0%. "
      + `Many devices are ${MANY_DEVICES} and more; again and again is ${REPEATS} alerts a device `
      + "and more. Both are for this page alone: what is throttled, the policy says.");
    this.element = [this.summary, this.table.element, this.note];
  }

  update({ data }) {
    const { alerts, codes } = data?.recent ?? { alerts: 0, codes: [] };
    this.most = codes.reduce((most, c) => Math.max(most, c.alerts), 0);
    show(this.table.element, codes.length > 0);
    show(this.note, codes.length > 0);
    this.table.update(codes);
    const is = (what) => codes.filter((c) => likeness(c) === what).length;
    const storms = is("storm") + is("both");
    const looks = [
      is("burst") > 0 && `${counted(is("burst"), "code looks", "codes look")} like a burst of many `
        + "devices",
      storms > 0 && `${counted(storms, "code", "codes")} like a storm`,
    ].filter(Boolean);
    renew(this.summary, codes.length === 0
      ? absent(data ? "No alert came in the last 3 minutes of stream time." : "Not known yet.")
      : `${counted(alerts, "alert")}. ${looks.length > 0 ? `${looks.join(", ")}.`
        : "Nothing looks like a storm or like a burst."}`);
  }
}
