package common;

import java.util.concurrent.CountDownLatch;
import sun.misc.Signal;

/** SIGTERM and SIGINT as something to wait for, so that the program ends in order and with 0. */
public final class Stop {
  private final CountDownLatch told = new CountDownLatch(1);
  private volatile boolean failed;

  public Stop() {
    Signal.handle(new Signal("TERM"), signal -> told.countDown());
    Signal.handle(new Signal("INT"), signal -> told.countDown());
  }

  /** The program cannot go on. */
  public void fail() {
    failed = true;
    told.countDown();
  }

  /** Whether it was told to stop, and did not fail. */
  public boolean await() throws InterruptedException {
    told.await();
    return !failed;
  }
}
