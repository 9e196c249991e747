package flink;

import common.AlertReader;
import common.AlertReader.Kind;
import common.Original;
import common.Unread;
import java.io.IOException;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Makes alerts of the records of the input. What cannot be read is counted and skipped. */
final class AlertSource implements KafkaRecordDeserializationSchema<Alert> {
  private static final long serialVersionUID = 1;

  private transient AlertReader reader;

  @Override
  public void open(DeserializationSchema.InitializationContext context) {
    reader = new AlertReader();
    Ready.tell(); // all state is restored by now, and partitions come next
  }

  @Override
  public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<Alert> out)
      throws IOException {
    Kind kind = reader.read(record.value());
    if (kind != Kind.ALERT) {
      Unread.add(kind);
      return;
    }
    Alert alert = new Alert();
    alert.counted = reader.namesDevice;
    alert.device = reader.device;
    alert.code = reader.code;
    alert.recipient = reader.recipient;
    alert.partition = record.partition();
    alert.time = record.timestamp();
    alert.key = record.key();
    alert.value = record.value();
    alert.headers = Original.pack(record.headers());
    out.collect(alert);
  }

  @Override
  public TypeInformation<Alert> getProducedType() {
    return TypeInformation.of(Alert.class);
  }
}
