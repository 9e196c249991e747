package flink;

import java.util.concurrent.atomic.AtomicBoolean;

/** Says so once, when the job consumes. */
final class Ready {
  private static final AtomicBoolean TOLD = new AtomicBoolean();

  private Ready() {}

  static void tell() {
    if (TOLD.compareAndSet(false, true)) {
      System.out.println("ready");
    }
  }
}
