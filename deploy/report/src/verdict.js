// What came of it, in a sentence or two.

import { chosenSetting } from "./data.js";
import { count, counted, duration, ratio, share } from "../../page/src/words.js";

// What the figures are of: the recommended policy in a tune, what happened in a replay.
export function outcome(data) {
  const promised = data.tune?.recommended?.promised;
  const alerts = { alerts: data.summary.alerts, peak_before: data.summary.peak_before };
  return promised ? { ...promised, ...alerts } : data.summary;
}

function longest({ count: waits, worst }, others) {
  if (waits === 0 || (worst === Infinity && others)) {
    return null;
  }
  return worst === Infinity ? "some alerts would wait for a copy for ever"
    : `nothing ${others ? "else " : ""}stays unseen for longer than ${duration(worst)}`;
}

function unseen({ delay, pending, unrepresented }) {
  const left = [];
  if (pending > 0) {
    left.push(`${counted(pending, "alert")} had no copy yet when the log ended`);
  }
  if (unrepresented > 0) {
    left.push(`${counted(unrepresented, "alert")} never got one`);
  }
  return [...left, longest(delay, left.length > 0)].filter(Boolean);
}

function heldBack(result, verb) {
  const held = share(ratio(result.consolidated, result.alerts));
  const devices = verb === "Held"
    ? `${counted(result.devices, "device was", "devices were")} throttled`
    : `${counted(result.devices, "device is", "devices are")} throttled`;
  const begin = verb === "Held" ? "Held back" : "It holds back";
  const parts = [`${begin} ${held} of ${counted(result.alerts, "alert")}`, devices];
  return `${[...parts, ...unseen(result)].join("; ")}.`;
}

function replayVerdict({ summary }) {
  if (summary.consolidated > 0) {
    return heldBack(summary, "Held");
  }
  return summary.alerts === 1
    ? "There was one alert, and it was not held back."
    : `None of ${count(summary.alerts)} alerts was held back.`;
}

function tuneVerdict(data) {
  const { settings, targets, recommended } = data.tune;
  const compared = `${counted(settings.length, "setting was", "settings were")} compared.`;
  if (!recommended) {
    const those = settings.length === 1 ? "It does not meet" : "None of them meets";
    const why = targets.length > 0 ? `${those} all targets.` : "None is recommended.";
    return `${compared} ${settings.length === 0 ? "" : why}`.trim();
  }
  const setting = chosenSetting(data);
  const subject = setting ? `Recommended: ${setting.name}.` : "A policy is recommended.";
  const result = outcome(data);
  const rest = result.consolidated > 0 ? heldBack(result, "Holds") : "It holds nothing back.";
  return `${subject} ${rest}`;
}

export function verdict(data) {
  if (data.summary.alerts === 0) {
    return data.summary.read === 0
      ? "Nothing was read."
      : `No alert among ${counted(data.summary.read, "record")}.`;
  }
  return data.tune ? tuneVerdict(data) : replayVerdict(data);
}
