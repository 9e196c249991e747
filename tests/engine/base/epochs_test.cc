// Goal: memory that a pinned thread may read is not freed, and memory that nobody reads is.
// Method: objects that count themselves; and readers that follow a pointer which a writer keeps
// replacing, under the address and the thread sanitizer.

#include "engine/base/epochs.h"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace weir {
namespace {

struct Counted : Retirable {
  explicit Counted(int number) : value(number) { ++alive; }

  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

  ~Counted() override {
    value = -1;
    --alive;
  }

  int value;
  static inline std::atomic<int> alive{0};
};

TEST(Epochs, FreesOnlyWhatNobodyIsPinnedOn) {
  Epochs epochs;
  {
    const Epochs::Pin pin = epochs.Enter();
    epochs.Retire(std::make_unique<Counted>(1).release());
    epochs.Collect();
    EXPECT_EQ(Counted::alive, 1);
  }
  const Epochs::Pin later = epochs.Enter();
  epochs.Collect();
  EXPECT_EQ(Counted::alive, 0);
}

TEST(Epochs, FreesTheRestAtItsEnd) {
  {
    Epochs epochs;
    epochs.Retire(std::make_unique<Counted>(1).release());
    EXPECT_EQ(Counted::alive, 1);
  }
  EXPECT_EQ(Counted::alive, 0);
}

TEST(Epochs, ReadersNeverSeeFreedMemory) {
  constexpr int kReplacements = 20000;
  {
    Epochs epochs;
    std::atomic<Counted*> shared{std::make_unique<Counted>(0).release()};
    std::atomic<bool> stop{false};
    std::vector<std::thread> readers;
    readers.reserve(3);
    for (int i = 0; i < 3; ++i) {
      readers.emplace_back([&] {
        while (!stop) {
          const Epochs::Pin pin = epochs.Enter();
          EXPECT_GE(shared.load(std::memory_order_seq_cst)->value, 0);
        }
      });
    }
    for (int i = 1; i <= kReplacements; ++i) {
      epochs.Retire(shared.exchange(std::make_unique<Counted>(i).release()));
      epochs.Collect();
    }
    stop = true;
    for (std::thread& reader : readers) {
      reader.join();
    }
    epochs.Collect();
    EXPECT_EQ(Counted::alive, 1);
    const std::unique_ptr<Counted> last(shared.load());
    EXPECT_EQ(last->value, kReplacements);
  }
  EXPECT_EQ(Counted::alive, 0);
}

}  // namespace
}  // namespace weir
