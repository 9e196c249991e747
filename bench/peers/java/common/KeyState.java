package common;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * What is known of one alert key, and its bytes: window and count, in an episode also the sequence
 * id of the last copy, how many alerts are pending and the last of these.
 *
 * <p>One object is used for key after key.
 */
public final class KeyState {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final int CLOSED_SIZE = 12;
  private static final int OPEN_SIZE = 20;

  long window;
  int count;
  boolean open;
  int sequence;
  int pending;
  private byte[] bytes;

  /** Whether the key is in an episode. */
  public boolean isOpen() {
    return open;
  }

  /** The id of the copy that was decided on last. */
  public int sequence() {
    return sequence;
  }

  /** From what {@link #store} gave, or null for a key that is not known. */
  public void load(byte[] stored) {
    bytes = stored;
    if (stored == null) {
      clear();
      return;
    }
    window = (long) LONG.get(stored, 0);
    count = (int) INT.get(stored, 8);
    open = stored.length >= OPEN_SIZE;
    sequence = open ? (int) INT.get(stored, CLOSED_SIZE) : 0;
    pending = open ? (int) INT.get(stored, CLOSED_SIZE + 4) : 0;
  }

  /** Without an alert held back. */
  public byte[] store() {
    byte[] stored = new byte[open ? OPEN_SIZE : CLOSED_SIZE];
    put(stored);
    return stored;
  }

  /** With the alert that was held back last. */
  public byte[] store(Original held) {
    byte[] stored = new byte[OPEN_SIZE + held.size()];
    put(stored);
    held.write(stored, OPEN_SIZE);
    return stored;
  }

  /** The alert that was held back last, as it was stored. */
  public Original held() {
    return Original.read(bytes, OPEN_SIZE);
  }

  /** The key starts afresh. */
  void clear() {
    window = Long.MIN_VALUE;
    count = 0;
    open = false;
    sequence = 0;
    pending = 0;
  }

  private void put(byte[] stored) {
    LONG.set(stored, 0, window);
    INT.set(stored, 8, count);
    if (open) {
      INT.set(stored, CLOSED_SIZE, sequence);
      INT.set(stored, CLOSED_SIZE + 4, pending);
    }
  }
}
