package flink;

import common.AlertKey;
import common.Original;

/**
 * One record on its way through the job. Fields are public, and there is a constructor without
 * arguments, so that Flink serialises it as a POJO where it has to.
 */
public final class Alert {
  /** Whether it names a device, and so is counted. */
  public boolean counted;

  public long device;
  public int code;
  public long recipient;

  /** The stream time of its partition, which its own may be behind. */
  public long now;

  public long time;
  public int partition;
  public byte[] key;
  public byte[] value;
  public byte[] headers;

  /** Of a copy; else 0. */
  public int sequence;

  public int count;

  public AlertKey alertKey() {
    return new AlertKey(device, code, recipient);
  }

  Original original() {
    return new Original(partition, key, value, headers);
  }

  /** A copy of a record that came before. */
  static Alert copyOf(Original original, long time, int sequence, int count) {
    Alert alert = new Alert();
    alert.time = time;
    alert.partition = original.partition();
    alert.key = original.key();
    alert.value = original.value();
    alert.headers = original.headers();
    alert.sequence = sequence;
    alert.count = count;
    return alert;
  }
}
