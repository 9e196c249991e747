// The versions of the policy: in force, ahead, and over.

import { absent } from "../../page/src/figure.js";
import { h } from "../../page/src/dom.js";
import { liveTable } from "../../page/src/table.js";
import { counted, instant } from "../../page/src/words.js";
import { renew, show } from "./renew.js";

// What a version is, by the stream time of the partitions: each goes over to it by itself.
function stateOf({ from }, partitions) {
  const under = partitions.filter((p) => p.policy === from).length;
  if (under > 0) {
    return under === partitions.length ? "in force"
      : `in force on ${counted(under, "partition")} of ${partitions.length}`;
  }
  const times = partitions.map((p) => p.policy).filter((t) => t !== null);
  if (times.length === 0) {
    return "not known: no partition is here";
  }
  return times.every((t) => from === null || from > t) ? "ahead" : "over";
}

function refusal(what, { refused, file }) {
  return refused && h("p", { class: "refused" }, `${what} ${file} was refused`
    + `${refused.at === null ? "" : ` at ${instant(refused.at)} UTC`}, and the one before it `
    + `holds: ${refused.why}`);
}

export class Policy {
  constructor() {
    this.summary = h("div");
    this.table = liveTable({
      name: "Versions of the policy",
      columns: [
        { head: "From (UTC)", value: (v) => v.from, text: (v) => instant(v.from) },
        { head: "Note", value: (v) => v.note, wide: true },
        { head: "State", value: (v) => v.state },
      ],
      keyOf: (v) => `${v.from} ${v.note}`,
      classOf: (v) => (v.state.startsWith("in force") ? "marked" : null),
    });
    this.note = h("p", { class: "note" }, "A version holds from its date on, by the stream time of "
      + "each partition. Instances of one group must say the same digest.");
    this.element = [this.summary, this.table.element, this.note];
  }

  update({ data }) {
    const policy = data?.policy ?? null;
    const versions = policy?.versions ?? [];
    show(this.table.element, versions.length > 0);
    show(this.note, versions.length > 0);
    if (!policy) {
      renew(this.summary, absent(data ? "The service says nothing of its policy."
        : "Not known yet."));
      return;
    }
    const shadow = data.shadow;
    renew(this.summary,
      h("p", {}, `${policy.file || "The policy"}, read at ${instant(policy.loaded)} UTC`,
        policy.digest ? `, digest ${policy.digest}.` : "."),
      refusal("The policy", policy),
      shadow && h("p", {}, `Shadow: ${shadow.file}, read at ${instant(shadow.loaded)} UTC.`),
      shadow && refusal("The shadow policy", shadow));
    this.table.update(versions.map((v) => ({ ...v, state: stateOf(v, data.partitions) })));
  }
}
