// Asks one address of the API again and again, and remembers the last answer and how it went since.

const PATIENCE = 10_000;
const TOO_LONG = new DOMException("no answer", "TimeoutError");

async function ask(address, signal) {
  const answer = await fetch(address, {
    signal, cache: "no-store", headers: { accept: "application/json" },
  });
  const said = await answer.json().catch(() => null);
  if (!answer.ok) {
    const why = typeof said?.error === "string" ? `: ${said.error}` : "";
    throw Object.assign(new Error(`HTTP ${answer.status}${why}`), { status: answer.status });
  }
  if (said === null || typeof said !== "object") {
    throw new Error("the answer is not JSON");
  }
  return said;
}

function reasonOf(error) {
  if (error.name === "TimeoutError") {
    return `no answer within ${PATIENCE / 1000} s`;
  }
  return error instanceof TypeError ? "no connection" : error.message;
}

export class Feed {
  // `read` makes what the page needs of an answer; `changed` is told after each attempt.
  constructor({ read, every, changed }) {
    Object.assign(this, { read, every, changed });
    this.address = null;
    this.forget();
  }

  forget() {
    this.data = null; // the last answer
    this.at = null; // when it came
    this.failure = null; // {since, why, status} while there is none
  }

  // Asks at this address from now on, at once; at none if it is null.
  follow(address) {
    if (address === this.address) {
      return;
    }
    this.address = address;
    this.forget();
    this.again();
  }

  again() {
    clearTimeout(this.timer);
    this.stop?.abort();
    this.stop = new AbortController();
    if (this.address !== null) {
      this.attempt(this.address, this.stop);
    }
  }

  async attempt(address, stop) {
    const began = Date.now();
    const patience = setTimeout(() => stop.abort(TOO_LONG), PATIENCE);
    try {
      const data = this.read(await ask(address, stop.signal));
      if (stop === this.stop) {
        Object.assign(this, { data, at: Date.now(), failure: null });
      }
    } catch (error) {
      if (stop === this.stop) {
        const { since = began } = this.failure ?? {};
        this.failure = { since, why: reasonOf(error), status: error.status ?? null };
      }
    }
    clearTimeout(patience);
    if (stop === this.stop) {
      this.timer = setTimeout(() => this.again(), Math.max(0, began + this.every - Date.now()));
      this.changed(this);
    }
  }
}
