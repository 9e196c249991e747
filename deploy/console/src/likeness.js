// What the alerts of one code look like: a storm is a few devices that repeat themselves, a burst
// is many devices that each say the same once or twice, as when the power goes.

export const MANY_DEVICES = 50;
export const REPEATS = 3; // alerts a device in 3 minutes: one a minute
const FEW_ALERTS = 10; // fewer tell nothing

const WORDS = {
  burst: "a burst: many devices, as in an outage",
  storm: "a storm: few devices, again and again",
  both: "a storm of many devices",
  calm: "nothing special",
};

export function likeness({ alerts, devices }) {
  if (alerts < FEW_ALERTS || devices < 1) {
    return "calm";
  }
  const repeats = alerts / devices >= REPEATS;
  if (devices >= MANY_DEVICES) {
    return repeats ? "both" : "burst";
  }
  return repeats ? "storm" : "calm";
}

export const likenessInWords = (code) => WORDS[likeness(code)];
