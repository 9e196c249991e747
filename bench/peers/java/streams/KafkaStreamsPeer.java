package streams;

import common.Arguments;
import common.Stop;
import common.Throttle;
import common.Unread;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/** The throttle as a topology of Kafka Streams. */
public final class KafkaStreamsPeer {
  private static final Duration CLOSE = Duration.ofSeconds(30);

  private KafkaStreamsPeer() {}

  public static void main(String[] words) throws InterruptedException {
    Arguments arguments = Arguments.parse("kafka-streams", 100, words);
    Stop stop = new Stop();
    Properties settings = Settings.of(arguments);
    KafkaStreams streams = new KafkaStreams(topology(arguments), settings);
    AtomicBoolean told = new AtomicBoolean();
    streams.setStateListener(
        (now, before) -> {
          if (now == KafkaStreams.State.RUNNING && told.compareAndSet(false, true)) {
            System.out.println("ready");
          } else if (now == KafkaStreams.State.ERROR) {
            stop.fail();
          }
        });
    streams.start();
    boolean good = stop.await();
    good &= streams.close(CLOSE);
    Unread.report();
    System.exit(good ? 0 : 1);
  }

  private static Topology topology(Arguments arguments) {
    Throttles throttles = new Throttles(arguments.threshold(), arguments.windowMs());
    Topology topology = new Topology();
    topology.addSource(
        AutoOffsetReset.earliest(),
        "input",
        new ByteArrayDeserializer(),
        new ByteArrayDeserializer(),
        arguments.input());
    topology.addProcessor("throttle", throttles::processor, "input");
    // A cache makes one write of many to an episode, and would do no more than cost for counts.
    topology.addStateStore(store(ThrottleProcessor.COUNTS).withCachingDisabled(), "throttle");
    topology.addStateStore(store(ThrottleProcessor.EPISODES).withCachingEnabled(), "throttle");
    topology.addSink(
        "output",
        arguments.output(),
        new ByteArraySerializer(),
        new Forward.ToBytes(),
        new SamePartition(),
        "throttle");
    return topology;
  }

  private static StoreBuilder<KeyValueStore<byte[], byte[]>> store(String name) {
    return Stores.keyValueStoreBuilder(
        Stores.persistentKeyValueStore(name), Serdes.ByteArray(), Serdes.ByteArray());
  }

  /** Each partition has a throttle of its own. */
  private record Throttles(int threshold, long windowMs) {
    ThrottleProcessor processor() {
      return new ThrottleProcessor(new Throttle(threshold, windowMs));
    }
  }
}
