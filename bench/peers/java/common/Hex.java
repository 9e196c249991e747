package common;

/** Hexadecimal digits of either case. */
final class Hex {
  private static final byte[] DIGITS = new byte[128];

  static {
    for (int each = 0; each < DIGITS.length; ++each) {
      DIGITS[each] = (byte) Character.digit(each, 16);
    }
  }

  private Hex() {}

  static int digit(char letter) {
    int value = letter < DIGITS.length ? DIGITS[letter] : -1;
    if (value < 0) {
      throw new NumberFormatException("no hexadecimal digit");
    }
    return value;
  }
}
