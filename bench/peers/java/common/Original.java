package common;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * A record as it came, and its bytes in a state. Its partition, and key, value and headers
 * untouched, each of which may be null.
 */
public record Original(int partition, byte[] key, byte[] value, byte[] headers) {
  private static final int LENGTH = Integer.BYTES;
  private static final String SEQUENCE_ID = "throttled-alert-sequence-id";
  private static final String COUNT = "throttled-alert-count";

  int size() {
    return 4 * LENGTH + lengthOf(key) + lengthOf(value) + lengthOf(headers);
  }

  void write(byte[] to, int at) {
    ByteBuffer out = ByteBuffer.wrap(to, at, to.length - at);
    out.putInt(partition);
    put(out, key);
    put(out, value);
    put(out, headers);
  }

  static Original read(byte[] from, int at) {
    ByteBuffer in = ByteBuffer.wrap(from, at, from.length - at);
    return new Original(in.getInt(), get(in), get(in), get(in));
  }

  /** The headers of a record as bytes; null for none, as most records have it. */
  public static byte[] pack(Headers headers) {
    Header[] all = headers.toArray();
    if (all.length == 0) {
      return null;
    }
    int size = 0;
    for (Header each : all) {
      size += 2 * LENGTH + nameOf(each).length + lengthOf(each.value());
    }
    ByteBuffer out = ByteBuffer.allocate(size);
    for (Header each : all) {
      put(out, nameOf(each));
      put(out, each.value());
    }
    return out.array();
  }

  /** The headers that {@link #pack} was given. */
  public static RecordHeaders unpack(byte[] packed) {
    RecordHeaders headers = new RecordHeaders();
    ByteBuffer in = ByteBuffer.wrap(packed == null ? new byte[0] : packed);
    while (in.hasRemaining()) {
      headers.add(new String(get(in), StandardCharsets.UTF_8), get(in));
    }
    return headers;
  }

  /** Adds what a copy says of itself. */
  public static void mark(Headers headers, int sequence, int count) {
    headers.add(SEQUENCE_ID, Integer.toString(sequence).getBytes(StandardCharsets.US_ASCII));
    headers.add(COUNT, Integer.toString(count).getBytes(StandardCharsets.US_ASCII));
  }

  private static byte[] nameOf(Header header) {
    return header.key().getBytes(StandardCharsets.UTF_8);
  }

  private static int lengthOf(byte[] bytes) {
    return bytes == null ? 0 : bytes.length;
  }

  private static void put(ByteBuffer out, byte[] bytes) {
    out.putInt(bytes == null ? -1 : bytes.length);
    if (bytes != null) {
      out.put(bytes);
    }
  }

  private static byte[] get(ByteBuffer in) {
    int length = in.getInt();
    if (length < 0) {
      return null;
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }
}
