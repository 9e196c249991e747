package flink;

import common.Original;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;

/** Makes records of the output, in the partition of the input that they came from. */
final class AlertSink implements KafkaRecordSerializationSchema<Alert> {
  private static final long serialVersionUID = 1;

  private final String topic;

  AlertSink(String topic) {
    this.topic = topic;
  }

  @Override
  public ProducerRecord<byte[], byte[]> serialize(
      Alert alert, KafkaSinkContext context, Long timestamp) {
    RecordHeaders headers = alert.headers == null ? null : Original.unpack(alert.headers);
    if (alert.sequence > 0) {
      headers = headers == null ? new RecordHeaders() : headers;
      Original.mark(headers, alert.sequence, alert.count);
    }
    return new ProducerRecord<>(
        topic, alert.partition, alert.time, alert.key, alert.value, headers);
  }
}
