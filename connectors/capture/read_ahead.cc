#include "connectors/capture/read_ahead.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/status_macros.h"

namespace weir {

namespace {

constexpr size_t kBlockBytes = size_t{2} << 20;

class ReadAheadStream final : public ByteStream {
 public:
  ReadAheadStream(std::unique_ptr<ByteStream> stream, Team& team)
      : stream_(std::move(stream)), team_(team) {}

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    if (used_ == now_.size && !at_end_) {
      WEIR_RETURN_IF_ERROR(NextBlock());
    }
    const size_t count = std::min(size, now_.size - used_);
    std::memcpy(buffer, now_.bytes.get() + used_, count);
    used_ += count;
    return count;
  }

  absl::Status SkipTo(uint64_t offset) override {
    // What has been read ahead cannot be given back.
    WEIR_CHECK(now_.bytes == nullptr);
    return stream_->SkipTo(offset);
  }

  uint64_t consumed() const override { return now_.consumed; }

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    size_t size = 0;
    uint64_t consumed = 0;  // what the stream had used behind it
    absl::Status status;
  };

  absl::Status NextBlock() {
    if (now_.bytes == nullptr) {
      now_.bytes = std::make_unique<char[]>(kBlockBytes);
      next_.bytes = std::make_unique<char[]>(kBlockBytes);
      Fill();
    }
    job_.reset();
    WEIR_RETURN_IF_ERROR(next_.status);
    std::swap(now_, next_);
    used_ = 0;
    at_end_ = now_.size == 0;
    if (!at_end_) {
      job_ = team_.Start([this] { Fill(); });
    }
    return absl::OkStatus();
  }

  void Fill() {
    const absl::StatusOr<size_t> count = stream_->Read(next_.bytes.get(), kBlockBytes);
    next_.status = count.status();
    next_.size = count.value_or(0);
    next_.consumed = stream_->consumed();
  }

  std::unique_ptr<ByteStream> stream_;
  Team& team_;
  Block now_;
  size_t used_ = 0;  // of now_
  bool at_end_ = false;
  Block next_;                      // being filled while there is a job
  std::unique_ptr<Team::Job> job_;  // last, so that it ends before what it works on
};

}  // namespace

std::unique_ptr<ByteStream> ReadAhead(std::unique_ptr<ByteStream> stream, Team& team) {
  if (team.size() == 1) {
    return stream;
  }
  return std::make_unique<ReadAheadStream>(std::move(stream), team);
}

}  // namespace weir
