package streams;

import org.apache.kafka.common.serialization.Serializer;

/** What goes to the output: the original bytes, and the partition that they came from. */
record Forward(byte[] value, int partition) {
  /** Of the bytes alone. */
  static final class ToBytes implements Serializer<Forward> {
    @Override
    public byte[] serialize(String topic, Forward forward) {
      return forward.value;
    }
  }
}
