package common;

import java.io.Serializable;

/**
 * What an alert does to its key: tumbling windows, the first alert of each later window forwarded
 * as a copy, an episode over after a window with no more than the threshold, and then a last word.
 *
 * <p>Everything happens at the stream time of the partition; nothing looks at any other clock.
 */
public final class Throttle implements Serializable {
  private static final long serialVersionUID = 1;

  /** What becomes of an alert. */
  public enum Verdict {
    /** Forwarded unchanged. */
    PASS,
    /** Forwarded as a copy, with {@link KeyState#sequence} and {@link #count}. */
    COPY,
    /** Held back. */
    HOLD
  }

  private final int threshold;
  private final long window;
  private int copied;

  public Throttle(int threshold, long windowMs) {
    this.threshold = threshold;
    this.window = windowMs;
  }

  /** The ordinal of the window that a time is in. */
  public long window(long time) {
    return Math.floorDiv(time, window);
  }

  /** Counts one alert. What was due by then must have happened before. */
  public Verdict count(KeyState key, long time) {
    long now = window(time);
    boolean first = now > key.window;
    if (first) {
      key.window = now;
      key.count = 0;
    }
    key.count += 1;
    if (!key.open) {
      if (key.count <= threshold) {
        return Verdict.PASS;
      }
      key.open = true;
      key.sequence = 0;
      // A threshold is 1 or more, so that no window begins with the alert that passes it.
      first = false;
    }
    key.pending += 1;
    if (!first) {
      return Verdict.HOLD;
    }
    copy(key);
    return Verdict.COPY;
  }

  /** When the episode of a key ends if no more alerts come. */
  public long due(KeyState key) {
    return (key.window + (key.count > threshold ? 2 : 1)) * window;
  }

  /**
   * Ends the episode of a key, which starts afresh. Gives the last alert held back if it is to be
   * forwarded now, as the copy {@link #sequence} with {@link #count}, else null.
   */
  public Original end(KeyState key) {
    Original lastWord = null;
    if (key.pending > 0) {
      lastWord = key.held();
      copy(key);
    }
    int sequence = key.sequence;
    key.clear();
    key.sequence = sequence;
    return lastWord;
  }

  /** How many alerts the copy that was decided on last stands for. */
  public int count() {
    return copied;
  }

  private void copy(KeyState key) {
    key.sequence += 1;
    copied = key.pending;
    key.pending = 0;
  }
}
