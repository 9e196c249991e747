package common;

import java.util.concurrent.atomic.LongAdder;

/** Counts the records that are no alerts, and says how many at the end. */
public final class Unread {
  private static final LongAdder OTHER = new LongAdder();
  private static final LongAdder UNREADABLE = new LongAdder();

  private Unread() {}

  public static void add(AlertReader.Kind kind) {
    (kind == AlertReader.Kind.OTHER ? OTHER : UNREADABLE).increment();
  }

  public static void report() {
    System.err.printf(
        "skipped: %d records that are no alerts, %d that cannot be read%n",
        OTHER.sum(), UNREADABLE.sum());
  }
}
