package common;

/** An id of a device or a party: eight bytes in hexadecimal, with or without dashes. */
final class Eui64 {
  private static final int PLAIN = 16;
  private static final int DASHED = 23;

  private Eui64() {}

  static long parse(char[] text, int from, int length) {
    if (length != PLAIN && length != DASHED) {
      throw new NumberFormatException("no EUI-64");
    }
    int step = length == DASHED ? 3 : 2;
    long id = 0;
    for (int at = from; at < from + length; at += step) {
      id = id << 8 | Hex.digit(text[at]) << 4 | Hex.digit(text[at + 1]);
      if (step == 3 && at + 2 < from + length && text[at + 2] != '-') {
        throw new NumberFormatException("no EUI-64");
      }
    }
    return id;
  }
}
