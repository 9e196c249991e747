// The data of the page, with a place for everything: what the writer left out is empty, not
// missing. README.md says what each field means.

const DELAY = { count: 0, median: 0, p95: 0, p99: 0, worst: 0 };
const EPISODES = { started: 0, ended: 0, open: 0 };
const COUNTS = {
  forwarded: 0, copies: 0, consolidated: 0, pending: 0, unrepresented: 0, devices: 0,
  recipients: 0, peak_after: 0, held_back: 0,
};

// A wait without end is written as null.
function delays(given) {
  const all = { ...DELAY, ...given };
  const times = Object.entries(all).map(([name, time]) => [name, time ?? Infinity]);
  return all.count > 0 ? Object.fromEntries(times) : DELAY;
}

function tally(given = {}) {
  return {
    ...COUNTS,
    ...given,
    episodes: { ...EPISODES, ...given.episodes },
    delay: delays(given.delay),
  };
}

function summary(given = {}) {
  return {
    read: 0, dead: 0, other: 0, duplicates: 0, alerts: 0, first: null, last: null, peak_before: 0,
    ...tally(given),
  };
}

function recommendation(given) {
  return given ? { codes: [], ...given, promised: tally(given.promised) } : null;
}

function tune(given) {
  if (!given) {
    return null;
  }
  return {
    targets: [], pairs: [], always: [], excluded_storms: [], nearest: null, ...given,
    always_total: given.always_total ?? given.always?.length ?? 0,
    settings: (given.settings ?? []).map((s) => ({ ...s, totals: tally(s.totals) })),
    codes: (given.codes ?? []).map((c) => ({ ...c, settings: (c.settings ?? []).map(tally) })),
    recommended: recommendation(given.recommended),
  };
}

export function complete(given) {
  return {
    version: "", made: null, policy: "", note: null, codes: [], devices: null, episodes: null,
    ...given,
    captures: given.captures ?? [],
    summary: summary(given.summary),
    series: { start: 0, step: 1, received: [], passed: [], ...given.series },
    tune: tune(given.tune),
  };
}

export function settingOf(data, id) {
  return data.tune?.settings.find((setting) => setting.id === id) ?? null;
}

export function readData() {
  return complete(JSON.parse(document.getElementById("data").textContent));
}

// The setting that is recommended, where a single one is.
export function chosenSetting(data) {
  return settingOf(data, data.tune?.recommended?.setting);
}
