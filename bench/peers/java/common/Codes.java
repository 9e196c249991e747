package common;

/** Alert codes as 16 bits: device alerts are 8000 to 8FFF, N1 to N999 their number, AD1 1000. */
final class Codes {
  static final int NONE = -1;
  private static final int AD1 = 1000;

  private Codes() {}

  static boolean isDcc(int code) {
    return code <= AD1;
  }

  static boolean isDevice(int code) {
    return code >>> 12 == 8;
  }

  /** In either case of its letters. */
  static int parse(char[] text, int from, int length) {
    if (length == 4 && text[from] == '8') {
      return device(text, from);
    }
    if (length == 6 && text[from] == '0' && (text[from + 1] | 0x20) == 'x') {
      return device(text, from + 2);
    }
    String code = new String(text, from, length);
    if (code.equalsIgnoreCase("AD1")) {
      return AD1;
    }
    if (!code.matches("[Nn][1-9][0-9]{0,2}")) {
      throw new NumberFormatException("no alert code");
    }
    return Integer.parseInt(code.substring(1));
  }

  private static int device(char[] text, int from) {
    int code = 0;
    for (int at = from; at < from + 4; ++at) {
      code = code << 4 | Hex.digit(text[at]);
    }
    if (!isDevice(code)) {
      throw new NumberFormatException("no alert code");
    }
    return code;
  }
}
