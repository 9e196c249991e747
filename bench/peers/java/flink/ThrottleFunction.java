package flink;

import common.AlertKey;
import common.KeyState;
import common.Original;
import common.Throttle;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/**
 * The throttle of all keys.
 *
 * <p>An episode has a timer for the time at which it is due. The alerts of its partition may be
 * ahead of the watermark, which waits for the others: then the next alert of the key finds that the
 * episode is over, and the timer finds nothing to do.
 */
final class ThrottleFunction extends KeyedProcessFunction<AlertKey, Alert, Alert> {
  private static final long serialVersionUID = 1;

  private final Throttle throttle;
  private transient KeyState state;
  private transient ValueState<byte[]> stored;

  ThrottleFunction(Throttle throttle) {
    this.throttle = throttle;
  }

  @Override
  public void open(OpenContext context) {
    state = new KeyState();
    stored =
        getRuntimeContext()
            .getState(
                new ValueStateDescriptor<>(
                    "key", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
  }

  @Override
  public void processElement(Alert alert, Context context, Collector<Alert> out) throws Exception {
    if (!alert.counted) {
      out.collect(alert);
      return;
    }
    state.load(stored.value());
    if (state.isOpen() && throttle.due(state) <= alert.now) {
      forwardLastWord(alert.now, out);
    }
    boolean wasOpen = state.isOpen();
    switch (throttle.count(state, alert.now)) {
      case PASS -> {
        stored.update(state.store());
        out.collect(alert);
      }
      case COPY -> {
        stored.update(state.store());
        alert.sequence = state.sequence();
        alert.count = throttle.count();
        out.collect(alert);
      }
      case HOLD -> {
        stored.update(state.store(alert.original()));
        if (!wasOpen) {
          await(context);
        }
      }
    }
  }

  @Override
  public void onTimer(long time, OnTimerContext context, Collector<Alert> out) throws Exception {
    state.load(stored.value());
    if (!state.isOpen()) {
      return;
    }
    if (throttle.due(state) - 1 > time) {
      await(context);
      return;
    }
    stored.clear();
    forwardLastWord(time + 1, out);
  }

  /** A watermark is one less than the largest time so far. */
  private void await(Context context) {
    context.timerService().registerEventTimeTimer(throttle.due(state) - 1);
  }

  private void forwardLastWord(long time, Collector<Alert> out) {
    Original word = throttle.end(state);
    if (word != null) {
      out.collect(Alert.copyOf(word, time, state.sequence(), throttle.count()));
    }
  }
}
