package flink;

import common.Arguments;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Properties;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.core.execution.RecoveryClaimMode;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend.PriorityQueueStateType;
import org.apache.flink.state.rocksdb.RocksDBConfigurableOptions;
import org.apache.flink.state.rocksdb.RocksDBOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;

/** The settings of Flink and of its clients of Kafka; README.md has the reasons. */
final class Settings {
  private static final int MIB = 1 << 20;

  private Settings() {}

  static Configuration of(
      Arguments arguments, Path checkpoints, Optional<Path> newest, Path local) {
    Configuration all = new Configuration();
    all.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(512));
    all.set(TaskManagerOptions.NUM_TASK_SLOTS, arguments.parallelism());
    all.set(CoreOptions.TMP_DIRS, local.toString());
    all.set(RestOptions.BIND_PORT, "0");
    all.set(RestOptions.BIND_ADDRESS, "127.0.0.1");
    all.set(PipelineOptions.OBJECT_REUSE, true);
    all.set(PipelineOptions.GENERIC_TYPES, false);
    all.set(StateBackendOptions.STATE_BACKEND, "rocksdb");
    all.set(RocksDBOptions.LOCAL_DIRECTORIES, local.toString());
    all.set(RocksDBOptions.TIMER_SERVICE_FACTORY, PriorityQueueStateType.HEAP);
    all.set(RocksDBConfigurableOptions.USE_BLOOM_FILTER, true);
    all.set(RocksDBOptions.OPTIONS_FACTORY, RocksDbSettings.class.getName());
    checkpoints(all, arguments, checkpoints);
    newest.ifPresent(
        each -> all.set(StateRecoveryOptions.SAVEPOINT_PATH, each.toUri().toString()));
    all.set(StateRecoveryOptions.RESTORE_MODE, RecoveryClaimMode.CLAIM);
    return all;
  }

  private static void checkpoints(Configuration all, Arguments arguments, Path folder) {
    all.set(
        CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(arguments.commitMs()));
    all.set(
        CheckpointingOptions.CHECKPOINTING_CONSISTENCY_MODE, CheckpointingMode.EXACTLY_ONCE);
    all.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
    all.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, folder.toUri().toString());
    all.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
    all.set(
        CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
        ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
  }

  static Properties consumer() {
    Properties all = new Properties();
    all.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    all.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, "10000");
    all.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, "100");
    all.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, Integer.toString(4 * MIB));
    all.put(ConsumerConfig.RECEIVE_BUFFER_CONFIG, Integer.toString(MIB));
    return all;
  }

  static Properties producer() {
    Properties all = new Properties();
    all.put(ProducerConfig.LINGER_MS_CONFIG, "5");
    all.put(ProducerConfig.BATCH_SIZE_CONFIG, "1000000");
    all.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
    all.put(ProducerConfig.BUFFER_MEMORY_CONFIG, Long.toString(128L * MIB));
    all.put(ProducerConfig.SEND_BUFFER_CONFIG, Integer.toString(MIB));
    all.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, "600000");
    return all;
  }
}
