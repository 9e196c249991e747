// Is it well? What is wrong, worst first.

import { count, counted, duration, joined } from "../../page/src/words.js";

export const BEHIND = 60; // seconds of lag from which on it is worth a look
const NAMED = 5;

export const LEVELS = {
  silent: "No answer", bad: "Not ready", watch: "Ready, with something to look at", well: "Well",
};

function named(partitions) {
  const ids = partitions.slice(0, NAMED).map(({ partition }) => String(partition ?? "?"));
  const others = partitions.length - ids.length;
  const who = joined(others > 0 ? [...ids, counted(others, "other")] : ids);
  return `${partitions.length === 1 ? "Partition" : "Partitions"} ${who}`;
}

function restoring(partitions) {
  const those = partitions.filter((p) => p.state === "restoring");
  return those.length > 0
    ? [`${named(those)} ${those.length === 1 ? "is" : "are"} being restored: records wait.`] : [];
}

export const isBehind = (partition) => (partition.lagSeconds ?? 0) >= BEHIND;

function behind(partitions) {
  const those = partitions.filter(isBehind);
  if (those.length === 0) {
    return [];
  }
  const most = Math.max(...those.map((p) => p.lagSeconds));
  const records = those.reduce((sum, p) => sum + (p.lag ?? 0), 0);
  const are = those.length === 1 ? "is" : "are, at most,";
  return [`${named(those)} ${are} ${duration(1000 * most)} behind: ${count(records)} records `
    + "wait."];
}

function refused(which, policy) {
  return policy?.refused
    ? [`The ${which} file is refused, and an older one holds: ${policy.refused.why}`] : [];
}

// {level, items} of an answer.
export function healthOf({ ready, reasons, partitions, policy, shadow }) {
  const items = [
    ...reasons, ...(ready ? restoring(partitions) : []), ...behind(partitions),
    ...refused("policy", policy), ...refused("shadow policy", shadow),
  ];
  const level = !ready ? "bad" : items.length > 0 ? "watch" : "well";
  return { level, items: !ready && items.length === 0 ? ["It does not say why."] : items };
}
