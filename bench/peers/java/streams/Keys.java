package streams;

import common.AlertKey;
import java.nio.ByteBuffer;

/** Alert keys as keys of the stores. */
final class Keys {
  private static final int SIZE = 18;

  private Keys() {}

  static byte[] bytes(AlertKey key) {
    return ByteBuffer.allocate(SIZE)
        .putLong(key.device())
        .putShort((short) key.code())
        .putLong(key.recipient())
        .array();
  }

  static AlertKey of(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    return new AlertKey(in.getLong(), in.getShort() & 0xFFFF, in.getLong());
  }
}
