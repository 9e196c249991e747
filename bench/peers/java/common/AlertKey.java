package common;

/**
 * What is counted: one code, raised by one device, to one recipient (0 where the alert names none).
 */
public record AlertKey(long device, int code, long recipient) {
  /** Spreads ids whose low bits are alike, which those of devices of one maker are. */
  @Override
  public int hashCode() {
    long mixed = (device * 31 + recipient) * 31 + code;
    mixed *= 0x9E3779B97F4A7C15L;
    return (int) (mixed >>> 32);
  }
}
