// What the API answers, with a place for everything: what it left out is empty, and what is not
// what it should be counts as left out. README.md says what is asked.

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

export const list = (value) => (Array.isArray(value) ? value.filter((v) => v !== null) : []);
export const record = (value) =>
  (value !== null && typeof value === "object" && !Array.isArray(value) ? value : null);
export const number = (value) => (isNumber(value) ? value : null);

// What has no shape of its own, or would turn the text around it, is shown as a stranger.
const STRANGE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069]/g;
const LONGEST = 400;

export function text(value) {
  const whole = typeof value === "string" ? value.replace(STRANGE, "\ufffd") : "";
  return whole.length > LONGEST ? `${whole.slice(0, LONGEST)}\u2026` : whole;
}

// Milliseconds since the epoch, or null.
export function time(value) {
  const at = typeof value === "string" ? Date.parse(value) : NaN;
  return Number.isNaN(at) ? null : at;
}

const TOTALS = ["read", "forwarded", "copies", "consolidated", "duplicates", "dead",
  "episodes_started", "episodes_ended"];

function numbers(names, given) {
  const from = record(given) ?? {};
  return Object.fromEntries(names.map((name) => [name, number(from[name]) ?? 0]));
}

function refusal(given) {
  const refused = record(given);
  return refused && { at: time(refused.at), why: text(refused.why) };
}

function policyFile(given) {
  const policy = record(given);
  return policy && {
    file: text(policy.file), loaded: time(policy.loaded), digest: text(policy.digest),
    versions: list(policy.versions).map((v) => ({
      from: time(v.effective_from), note: text(v.note),
    })),
    refused: refusal(policy.refused),
  };
}

function partition(given) {
  return {
    partition: number(given.partition), worker: number(given.worker), state: text(given.state),
    streamTime: time(given.stream_time), lag: number(given.lag),
    lagSeconds: number(given.lag_seconds), liveKeys: number(given.live_keys),
    open: number(given.open_episodes), policy: time(given.policy),
  };
}

function recentCode(given) {
  return {
    code: text(given.code), name: text(given.name), alerts: number(given.alerts) ?? 0,
    devices: number(given.devices) ?? 0,
  };
}

export function status(given) {
  const recent = record(given.recent) ?? {};
  return {
    version: text(given.version), instance: text(given.instance), group: text(given.group),
    input: text(given.input), started: time(given.started), now: time(given.now),
    ready: given.ready === true, reasons: list(given.reasons).map(text),
    policy: policyFile(given.policy), shadow: policyFile(given.shadow),
    partitions: list(given.partitions).map(partition),
    totals: numbers(TOTALS, given.totals),
    recent: { alerts: number(recent.alerts) ?? 0, codes: list(recent.codes).map(recentCode) },
  };
}

function episode(given) {
  return {
    device: text(given.device), code: text(given.code), name: text(given.name),
    recipient: text(given.recipient), partition: number(given.partition),
    started: time(given.started), streamTime: time(given.stream_time), policy: time(given.policy),
    note: text(given.note), threshold: number(given.threshold), window: text(given.window),
    alerts: number(given.alerts), copies: number(given.copies),
    consolidated: number(given.consolidated), pending: number(given.pending),
    nextTimer: time(given.next_timer),
  };
}

export function episodes(given) {
  return {
    open: number(given.open) ?? 0, consolidated: number(given.consolidated) ?? 0,
    devices: number(given.devices) ?? 0,
    episodes: list(given.episodes).map(episode),
    codes: list(given.codes).map((c) => ({
      code: text(c.code), name: text(c.name), episodes: number(c.episodes),
      devices: number(c.devices), consolidated: number(c.consolidated),
    })),
    topDevices: list(given.top_devices).map((d) => ({
      device: text(d.device), episodes: number(d.episodes),
      consolidated: number(d.consolidated), codes: list(d.codes).map(text),
    })),
  };
}

function key(given) {
  const found = record(given.episode);
  return {
    code: text(given.code), name: text(given.name), recipient: text(given.recipient),
    windowStart: time(given.window_start), windowEnd: time(given.window_end),
    current: number(given.current), previous: number(given.previous),
    measure: number(given.measure), threshold: number(given.threshold),
    window: text(given.window), excluded: given.excluded === true, policy: time(given.policy),
    episode: found && {
      started: time(found.started), alerts: number(found.alerts), copies: number(found.copies),
      consolidated: number(found.consolidated), pending: number(found.pending),
    },
    nextTimer: time(given.next_timer),
  };
}

export function keys(given) {
  return {
    device: text(given.device), partition: number(given.partition),
    streamTime: time(given.stream_time), keys: list(given.keys).map(key),
  };
}

const VERDICTS = ["forwarded", "copies", "consolidated", "episodes", "open"];

export function shadow(given) {
  const version = record(given.version);
  return {
    file: text(given.file), from: time(version?.effective_from), note: text(version?.note),
    since: time(given.since), alerts: number(given.alerts) ?? 0,
    live: numbers(VERDICTS, given.live), shadow: numbers(VERDICTS, given.shadow),
    codes: list(given.codes).map((c) => ({
      code: text(c.code), name: text(c.name), alerts: number(c.alerts) ?? 0,
      live: numbers(VERDICTS, c.live), shadow: numbers(VERDICTS, c.shadow),
    })),
  };
}
