package flink;

import common.AlertKey;
import common.Arguments;
import common.Stop;
import common.Throttle;
import common.Unread;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamUtils;
import org.apache.flink.streaming.api.datastream.KeyedStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.consumer.OffsetResetStrategy;

/** The throttle as a job of Flink, in a local environment: all of it in this process. */
public final class FlinkPeer {
  private static final long STOP_SECONDS = 30;

  private FlinkPeer() {}

  public static void main(String[] words) throws Exception {
    Arguments arguments = Arguments.parse("flink", 1000, words);
    Stop stop = new Stop();
    Path state = Path.of(arguments.state()).toAbsolutePath();
    Checkpoints checkpoints = new Checkpoints(state.resolve("checkpoints"));
    Path local = state.resolve("local");
    Checkpoints.remove(local);
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.createLocalEnvironment(
            arguments.parallelism(),
            Settings.of(arguments, checkpoints.folder(), checkpoints.newest(), local));
    build(environment, arguments);
    JobClient job = environment.executeAsync("throttle");
    job.getJobExecutionResult()
        .whenComplete(
            (result, error) -> {
              if (error != null) {
                error.printStackTrace();
                stop.fail();
              }
            });
    boolean good = stop.await();
    if (good) {
      String folder = checkpoints.folder().toUri().toString();
      job.stopWithSavepoint(false, folder, SavepointFormatType.NATIVE)
          .get(STOP_SECONDS, TimeUnit.SECONDS);
    }
    Unread.report();
    System.exit(good ? 0 : 1);
  }

  private static void build(StreamExecutionEnvironment environment, Arguments arguments) {
    DataStream<Alert> alerts =
        environment
            .fromSource(source(arguments), WatermarkStrategy.forMonotonousTimestamps(), "input")
            .uid("input")
            .map(new PartitionClock())
            .uid("clock");
    keyed(alerts, arguments)
        .process(new ThrottleFunction(new Throttle(arguments.threshold(), arguments.windowMs())))
        .uid("throttle")
        .sinkTo(sink(arguments))
        .uid("output");
  }

  /**
   * With one thread there is only one place where a key can be. Then nothing is dealt out, and no
   * alert is written into a buffer of the network and read again.
   */
  private static KeyedStream<Alert, AlertKey> keyed(
      DataStream<Alert> alerts, Arguments arguments) {
    KeySelector<Alert, AlertKey> key = Alert::alertKey;
    return arguments.parallelism() == 1
        ? DataStreamUtils.reinterpretAsKeyedStream(alerts, key, AlertKeyType.INSTANCE)
        : alerts.keyBy(key, AlertKeyType.INSTANCE);
  }

  @SuppressWarnings("deprecation") // the connector asks for a class that the client gives up
  private static KafkaSource<Alert> source(Arguments arguments) {
    return KafkaSource.<Alert>builder()
        .setBootstrapServers(arguments.bootstrap())
        .setGroupId(arguments.group())
        .setTopics(arguments.input())
        .setStartingOffsets(OffsetsInitializer.committedOffsets(OffsetResetStrategy.EARLIEST))
        .setDeserializer(new AlertSource())
        .setProperties(Settings.consumer())
        .build();
  }

  private static KafkaSink<Alert> sink(Arguments arguments) {
    return KafkaSink.<Alert>builder()
        .setBootstrapServers(arguments.bootstrap())
        .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
        .setTransactionalIdPrefix(arguments.group())
        .setRecordSerializer(new AlertSink(arguments.output()))
        .setKafkaProducerConfig(Settings.producer())
        .build();
  }
}
