package streams;

import common.AlertKey;
import common.AlertReader;
import common.AlertReader.Kind;
import common.KeyState;
import common.Original;
import common.Throttle;
import common.Unread;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Set;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * One partition's throttle. A key is in one of two stores: the counts or, in an episode, the
 * episodes, and moves when an episode starts or ends.
 *
 * <p>Which keys are in an episode is known in memory as well, so that an alert reads one entry and
 * writes one, and the end of a window looks at these keys alone. What is due happens before the
 * record that takes stream time there. A punctuator would come after it, and after all other
 * records of the same poll.
 */
final class ThrottleProcessor implements Processor<byte[], byte[], byte[], Forward> {
  static final String COUNTS = "counts";
  static final String EPISODES = "episodes";

  private final Throttle throttle;
  private final AlertReader reader = new AlertReader();
  private final KeyState state = new KeyState();
  private final Set<AlertKey> open = new HashSet<>();
  private ProcessorContext<byte[], Forward> context;
  private KeyValueStore<byte[], byte[]> counts;
  private KeyValueStore<byte[], byte[]> episodes;
  private int partition;
  private long lastWindow = Long.MIN_VALUE;

  ThrottleProcessor(Throttle throttle) {
    this.throttle = throttle;
  }

  @Override
  public void init(ProcessorContext<byte[], Forward> given) {
    context = given;
    partition = context.taskId().partition();
    counts = context.getStateStore(COUNTS);
    episodes = context.getStateStore(EPISODES);
    try (KeyValueIterator<byte[], byte[]> all = episodes.all()) {
      while (all.hasNext()) {
        open.add(Keys.of(all.next().key));
      }
    }
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    long now = context.currentStreamTimeMs();
    endDue(now);
    Kind kind = reader.read(record.value());
    if (kind != Kind.ALERT) {
      Unread.add(kind);
    } else if (!reader.namesDevice) {
      forward(record);
    } else {
      count(record, reader.key(), now);
    }
  }

  private void count(Record<byte[], byte[]> record, AlertKey key, long now) {
    boolean wasOpen = open.contains(key);
    KeyValueStore<byte[], byte[]> store = wasOpen ? episodes : counts;
    byte[] name = Keys.bytes(key);
    state.load(store.get(name));
    switch (throttle.count(state, now)) {
      case PASS -> {
        store.put(name, state.store());
        forward(record);
      }
      case COPY -> {
        store.put(name, state.store());
        forwardCopy(record);
      }
      case HOLD -> {
        if (!wasOpen) {
          counts.delete(name);
          open.add(key);
        }
        episodes.put(name, state.store(original(record)));
      }
    }
  }

  /** All windows end at the same times, so nothing can be due before another one has begun. */
  private void endDue(long now) {
    long window = throttle.window(now);
    if (window == lastWindow) {
      return;
    }
    lastWindow = window;
    for (Iterator<AlertKey> each = open.iterator(); each.hasNext(); ) {
      byte[] name = Keys.bytes(each.next());
      state.load(episodes.get(name));
      if (throttle.due(state) <= now) {
        each.remove();
        episodes.delete(name);
        forwardLastWord(throttle.end(state), now);
      }
    }
  }

  private Original original(Record<byte[], byte[]> record) {
    byte[] headers = Original.pack(record.headers());
    return new Original(partition, record.key(), record.value(), headers);
  }

  private void forward(Record<byte[], byte[]> record) {
    context.forward(record.withValue(new Forward(record.value(), partition)));
  }

  private void forwardCopy(Record<byte[], byte[]> record) {
    Headers headers = new RecordHeaders(record.headers());
    Original.mark(headers, state.sequence(), throttle.count());
    forward(record.withHeaders(headers));
  }

  private void forwardLastWord(Original word, long now) {
    if (word != null) {
      Headers headers = Original.unpack(word.headers());
      Original.mark(headers, state.sequence(), throttle.count());
      context.forward(
          new Record<>(word.key(), new Forward(word.value(), partition), now, headers));
    }
  }
}
