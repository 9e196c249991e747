#include "engine/pipeline/stream_clock.h"

namespace weir {

void StreamClock::Encode(std::string& out) const {
  PutU8(now_ ? 1 : 0, out);
  PutI64(now_.value_or(TimeMs{}).value, out);
  PutU8(ahead_ ? 1 : 0, out);
  PutU64(ahead_ ? ahead_->device.value : 0, out);
  PutI64(ahead_ ? ahead_->at.value : 0, out);
}

bool StreamClock::Decode(WireReader& in) {
  const bool started = in.U8() != 0;
  const TimeMs now{in.I64()};
  now_ = started ? std::make_optional(now) : std::nullopt;
  const bool remembers = in.U8() != 0;
  const Ahead ahead{Eui64{in.U64()}, TimeMs{in.I64()}};
  ahead_ = remembers ? std::make_optional(ahead) : std::nullopt;
  return IsTime(now) && IsTime(ahead.at);
}

}  // namespace weir
