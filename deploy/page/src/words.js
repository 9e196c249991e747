// Numbers, times and durations as a reader wants them. Times are in UTC.

const NBSP = "\u00a0";
const NONE = "\u2013";
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const UNITS = [[DAY, "d"], [HOUR, "h"], [MINUTE, "min"], [SECOND, "s"], [1, "ms"]];

const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en-GB", { notation: "compact", maximumFractionDigits: 1 });
const utc = (options) => new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...options });
const dayFormat = utc({ day: "numeric", month: "long", year: "numeric" });
const shortDayFormat = utc({ day: "numeric", month: "short", year: "numeric" });
const timeFormat = utc({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const secondsFormat = utc({
  hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

export const none = NONE;

export function count(value) {
  return isNumber(value) ? whole.format(value) : NONE;
}

// 1.2M, for axes.
export function brief(value) {
  return short.format(value);
}

// 42.3 %. What is not quite nothing or everything does not look like it.
export function share(value) {
  if (!isNumber(value)) {
    return NONE;
  }
  if (value > 0 && value < 0.001) {
    return `<${NBSP}0.1${NBSP}%`;
  }
  if (value < 1 && value > 0.999) {
    return `>${NBSP}99.9${NBSP}%`;
  }
  const digits = value === 0 || value === 1 ? 0 : 1;
  return `${(100 * value).toFixed(digits)}${NBSP}%`;
}

export function ratio(part, total) {
  return total > 0 ? part / total : null;
}

// The two largest units: 1 h 30 min. What takes for ever is never.
export function duration(ms) {
  if (ms === Infinity) {
    return "never";
  }
  if (!isNumber(ms)) {
    return NONE;
  }
  let rest = Math.round(ms);
  const first = UNITS.findIndex(([size]) => rest >= size);
  if (first < 0) {
    return `0${NBSP}s`;
  }
  const parts = [];
  for (const [size, name] of UNITS.slice(first, first + 2)) {
    const units = Math.floor(rest / size);
    if (units > 0 && !(name === "ms" && parts.length > 0)) {
      parts.push(`${units}${NBSP}${name}`);
    }
    rest -= units * size;
  }
  return parts.join(NBSP);
}

export function clock(ms) {
  return ms % MINUTE === 0 ? timeFormat.format(ms) : secondsFormat.format(ms);
}

export function instant(ms) {
  return isNumber(ms) ? `${shortDayFormat.format(ms)}, ${clock(ms)}` : NONE;
}

export function period(first, last) {
  if (!isNumber(first) || !isNumber(last)) {
    return "at no known time";
  }
  const [from, to] = [dayFormat.format(first), dayFormat.format(last)];
  if (from === to) {
    const [begin, end] = [clock(first), clock(last)];
    return begin === end ? `${from}, ${begin} (UTC)` : `${from}, ${begin} to ${end} (UTC)`;
  }
  return `${from} to ${to} (UTC)`;
}

// `1 device`, `3,000 devices`.
export function counted(value, one, many = `${one}s`) {
  return `${count(value)} ${value === 1 ? one : many}`;
}

export function joined(list) {
  if (list.length < 2) {
    return list.join("");
  }
  return `${list.slice(0, -1).join(", ")} and ${list[list.length - 1]}`;
}

const TICKS = [
  1, 10, 100, 1000, 5000, 15000, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 20 * MINUTE,
  30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 4 * DAY, 7 * DAY,
  14 * DAY, 28 * DAY,
];

// Round durations from least to most, `limit` of them or fewer.
export function durationTicks(least, most, limit) {
  const inside = TICKS.filter((tick) => tick >= least && tick <= most);
  const each = Math.max(1, Math.ceil(inside.length / Math.max(1, limit)));
  return inside.filter((_, i) => (inside.length - 1 - i) % each === 0);
}
