package flink;

import java.util.HashMap;
import java.util.Map;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;

/**
 * Gives each alert the stream time of its partition. A watermark could not
 * say it: that of a task is the least of its partitions', and is not kept in a checkpoint.
 */
final class PartitionClock extends RichMapFunction<Alert, Alert> implements CheckpointedFunction {
  private static final long serialVersionUID = 1;

  private final Map<Integer, Long> restored = new HashMap<>();
  private long[] times = new long[0];
  private transient ListState<Tuple2<Integer, Long>> state;

  @Override
  public Alert map(Alert alert) {
    if (alert.partition >= times.length) {
      grow(alert.partition + 1);
    }
    times[alert.partition] = Math.max(alert.time, times[alert.partition]);
    alert.now = times[alert.partition];
    return alert;
  }

  @Override
  public void initializeState(FunctionInitializationContext context) throws Exception {
    // Who has a partition after a restart is not known yet, so everybody gets all of them.
    state =
        context
            .getOperatorStateStore()
            .getUnionListState(
                new ListStateDescriptor<>("times", Types.TUPLE(Types.INT, Types.LONG)));
    for (Tuple2<Integer, Long> each : state.get()) {
      restored.merge(each.f0, each.f1, Math::max);
    }
  }

  @Override
  public void snapshotState(FunctionSnapshotContext context) throws Exception {
    state.clear();
    for (Map.Entry<Integer, Long> each : restored.entrySet()) {
      if (each.getKey() >= times.length) {
        state.add(Tuple2.of(each.getKey(), each.getValue()));
      }
    }
    for (int number = 0; number < times.length; ++number) {
      state.add(Tuple2.of(number, times[number]));
    }
  }

  private void grow(int partitions) {
    long[] grown = new long[partitions];
    for (int number = 0; number < partitions; ++number) {
      grown[number] = number < times.length ? times[number] : restored.getOrDefault(number, 0L);
    }
    times = grown;
  }
}
