package streams;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.streams.processor.StreamPartitioner;

/** A result goes to the partition of the record that led to it. */
final class SamePartition implements StreamPartitioner<byte[], Forward> {
  private final Map<Integer, Optional<Set<Integer>>> partitions = new ConcurrentHashMap<>();

  @Override
  @SuppressWarnings("removal") // what replaces it is a default that asks this one
  public Optional<Set<Integer>> partitions(String topic, byte[] key, Forward value, int count) {
    return partitions.computeIfAbsent(value.partition(), number -> Optional.of(Set.of(number)));
  }
}
