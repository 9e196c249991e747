package common;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/**
 * A GBCS device alert on the wire, as far as the throttle wants to know it. Every length must agree
 * with the size of the message; signatures and MACs are not checked.
 */
final class Gbcs {
  private static final int GENERAL_SIGNING = 0xDF;
  private static final int GENERAL_CIPHERING = 0xDD;
  private static final int ALERT = 3;
  private static final int SIGNATURE_SIZE = 64;
  private static final int MAC_SIZE = 12;
  private static final int TIME_SIZE = 12;

  long device;
  int code;
  long recipient;

  static boolean isOne(byte[] record) {
    int first = record[0] & 0xFF;
    return first == GENERAL_SIGNING || first == GENERAL_CIPHERING;
  }

  /** Whether it is an alert. */
  boolean read(byte[] record) {
    ByteBuffer rest = ByteBuffer.wrap(record);
    try {
      boolean mac = (record[0] & 0xFF) == GENERAL_CIPHERING;
      return (!mac || readMacHeader(rest)) && readGrouping(rest, mac);
    } catch (BufferUnderflowException | IllegalArgumentException error) {
      return false;
    }
  }

  /** Six empty fields, the length of the rest, security control and counter. */
  private static boolean readMacHeader(ByteBuffer rest) {
    boolean begins = rest.get() == (byte) GENERAL_CIPHERING;
    begins &= rest.getInt() == 0 && rest.getShort() == 0;
    return begins && length(rest) == rest.remaining() && rest.get() == 0x11 && rest.getInt() == 0;
  }

  /** From the grouping header to the end of the message. */
  private boolean readGrouping(ByteBuffer rest, boolean mac) {
    boolean fits = u8(rest) == GENERAL_SIGNING && u8(rest) == 9 && u8(rest) == ALERT;
    rest.getLong(); // the counter
    fits &= u8(rest) == 8;
    device = rest.getLong();
    fits &= u8(rest) == 8;
    recipient = rest.getLong();
    int timeSize = u8(rest);
    skip(rest, timeSize);
    int other = length(rest);
    skip(rest, other);
    int payload = length(rest);
    int end = rest.position() + payload;
    fits &= (timeSize == 0 || timeSize == TIME_SIZE) && other >= 2;
    if (!fits || end > rest.limit()) {
      return false;
    }
    code = code(rest, payload);
    rest.position(end);
    boolean closes = u8(rest) == (mac ? 0x00 : 0x40);
    return closes && rest.remaining() == (mac ? MAC_SIZE : SIGNATURE_SIZE) && Codes.isDevice(code);
  }

  /** Of a payload in DLMS, GBZ or ASN.1. */
  private static int code(ByteBuffer rest, int size) {
    return switch (size == 0 ? -1 : u8(rest)) {
      case 0x0F -> dlmsCode(rest);
      case 0x01 -> gbzCode(rest);
      case 0x30 -> asn1Code(rest, size);
      default -> Codes.NONE;
    };
  }

  /** Invoke id, no date-time, a structure of code, time and more. */
  private static int dlmsCode(ByteBuffer rest) {
    rest.getInt();
    boolean fits = rest.getShort() == 0x0002 && u8(rest) >= 2 && u8(rest) == 0x12;
    int found = rest.getShort() & 0xFFFF;
    return fits && rest.getShort() == 0x090C ? found : Codes.NONE;
  }

  /** The rest of the profile id, component count, code. */
  private static int gbzCode(ByteBuffer rest) {
    boolean fits = u8(rest) == 0x09;
    rest.get();
    int found = rest.getShort() & 0xFFFF;
    return fits ? found : Codes.NONE;
  }

  /** A sequence of an integer, which a zero byte keeps positive, and more. */
  private static int asn1Code(ByteBuffer rest, int size) {
    int start = rest.position() - 1;
    int inner = length(rest);
    boolean fits = rest.position() + inner == start + size;
    fits &= u8(rest) == 0x02 && length(rest) == 3 && u8(rest) == 0;
    int found = rest.getShort() & 0xFFFF;
    return fits && u8(rest) == 0x18 ? found : Codes.NONE;
  }

  private static int u8(ByteBuffer rest) {
    return rest.get() & 0xFF;
  }

  private static void skip(ByteBuffer rest, int size) {
    rest.position(rest.position() + size);
  }

  /** A BER length: one byte, or 81 or 82 and as many bytes as that says. */
  private static int length(ByteBuffer rest) {
    int first = u8(rest);
    if (first < 0x80) {
      return first;
    }
    return switch (first) {
      case 0x81 -> u8(rest);
      case 0x82 -> rest.getShort() & 0xFFFF;
      default -> throw new IllegalArgumentException("no length");
    };
  }
}
