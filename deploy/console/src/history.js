// The totals that the page has seen, one for each answer, and the rates between them. Nothing is
// known from before the page was opened.

export const KEPT = 15 * 60_000;

const SHORTEST = 500; // two answers that are nearer to each other tell no rate

// What was counted between two answers, by the second; null where there is no telling: the process
// has begun anew, or there was no answer for a while.
function rate(before, after, longest) {
  const span = after.at - before.at;
  const delta = (name) => after.totals[name] - before.totals[name];
  const forwarded = delta("forwarded") + delta("copies");
  const parts = { read: delta("read"), forwarded, held: delta("consolidated") };
  const broken = before.started !== after.started || span > longest
    || Object.values(parts).some((n) => n < 0);
  const each = Object.entries(parts).map(([name, n]) =>
    [name, broken ? null : (1000 * n) / span]);
  return { from: before.at, at: after.at, ...Object.fromEntries(each) };
}

export class History {
  // `every`: how often there should be an answer.
  constructor(every) {
    this.longest = 4 * every;
    this.last = null;
    this.rates = [];
  }

  // Times are those that the service says, not this browser's.
  add({ now, started, totals }) {
    const sample = { at: now, started, totals };
    if (now === null || (this.last && now - this.last.at < SHORTEST && now >= this.last.at)) {
      return;
    }
    if (this.last && now > this.last.at) {
      this.rates.push(rate(this.last, sample, this.longest));
    } else {
      this.rates = []; // its clock was set back
    }
    this.last = sample;
    this.rates = this.rates.filter((r) => r.at > now - KEPT);
  }

  // The mean of the last `span` milliseconds for which there are rates.
  mean(name, span) {
    const end = this.last?.at ?? 0;
    const known = this.rates.filter((r) => r.at > end - span && r[name] !== null);
    const seconds = known.reduce((sum, r) => sum + (r.at - r.from) / 1000, 0);
    const counted = known.reduce((sum, r) => sum + (r[name] * (r.at - r.from)) / 1000, 0);
    return seconds > 0 ? counted / seconds : null;
  }
}
