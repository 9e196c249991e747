package streams;

import static org.apache.kafka.streams.StreamsConfig.consumerPrefix;
import static org.apache.kafka.streams.StreamsConfig.mainConsumerPrefix;
import static org.apache.kafka.streams.StreamsConfig.producerPrefix;
import static org.apache.kafka.streams.StreamsConfig.restoreConsumerPrefix;

import common.Arguments;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.processor.LogAndSkipOnInvalidTimestamp;

/** The settings of Kafka Streams; README.md has the reasons. */
final class Settings {
  private static final int MIB = 1 << 20;

  private Settings() {}

  static Properties of(Arguments arguments) {
    Properties all = new Properties();
    all.put(StreamsConfig.APPLICATION_ID_CONFIG, arguments.group());
    all.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, arguments.bootstrap());
    all.put(StreamsConfig.STATE_DIR_CONFIG, arguments.state());
    all.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    all.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, arguments.commitMs());
    all.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, arguments.parallelism());
    all.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 64L * MIB);
    all.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, RocksDbSettings.class);
    all.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, 20_000);
    all.put(
        StreamsConfig.DEFAULT_TIMESTAMP_EXTRACTOR_CLASS_CONFIG, LogAndSkipOnInvalidTimestamp.class);
    consumers(all, arguments);
    producers(all);
    return all;
  }

  private static void consumers(Properties all, Arguments arguments) {
    all.put(mainConsumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG), arguments.group() + "-0");
    all.put(mainConsumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), 30_000);
    all.put(mainConsumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 10_000);
    all.put(restoreConsumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 10_000);
    all.put(consumerPrefix(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG), 100);
    all.put(consumerPrefix(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG), 4 * MIB);
    all.put(consumerPrefix(ConsumerConfig.RECEIVE_BUFFER_CONFIG), MIB);
  }

  private static void producers(Properties all) {
    all.put(producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 5);
    all.put(producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 1_000_000);
    all.put(producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "lz4");
    all.put(producerPrefix(ProducerConfig.BUFFER_MEMORY_CONFIG), 128L * MIB);
    all.put(producerPrefix(ProducerConfig.SEND_BUFFER_CONFIG), MIB);
  }
}
