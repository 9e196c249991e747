package streams;

import common.AlertKey;
import java.nio.ByteBuffer;

/**
 * Keys of the one store. Those in an episode stand together, under a first byte of their own: what
 * a partition has open is read without looking at all the others.
 */
final class Keys {
  private static final byte COUNTED = 0;
  private static final byte OPEN = 1;
  private static final int SIZE = 19;

  private Keys() {}

  static byte[] counted(AlertKey key) {
    return bytes(COUNTED, key);
  }

  static byte[] open(AlertKey key) {
    return bytes(OPEN, key);
  }

  static byte[] firstOpen() {
    return new byte[] {OPEN};
  }

  static byte[] pastOpen() {
    return new byte[] {OPEN + 1};
  }

  static AlertKey of(byte[] stored) {
    ByteBuffer in = ByteBuffer.wrap(stored, 1, SIZE - 1);
    return new AlertKey(in.getLong(), in.getShort() & 0xFFFF, in.getLong());
  }

  private static byte[] bytes(byte kind, AlertKey key) {
    return ByteBuffer.allocate(SIZE)
        .put(kind)
        .putLong(key.device())
        .putShort((short) key.code())
        .putLong(key.recipient())
        .array();
  }
}
