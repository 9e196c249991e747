// Epoch-based reclamation: when memory that others may still be reading can be freed.
//
// A thread pins itself while it follows shared pointers. Whoever takes an object out of sight
// retires it; it is freed once every thread that was pinned at that moment has let go. Pinning
// costs one sequentially consistent store, so pin once per batch, not per access.
//
// Why it is right: a reader stores its epoch before it loads a shared pointer, and a writer unlinks
// the pointer before it reads the readers' epochs. All four are sequentially consistent, so either
// the reader sees the new pointer or the writer sees the reader. No atomic_thread_fence: the thread
// sanitizer does not model it.
//
// Layer: engine/base.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <utility>

#include "engine/base/check.h"

namespace weir {

// What can be retired: derive from it.
class Retirable {
 public:
  Retirable() = default;
  Retirable(const Retirable&) = delete;
  Retirable& operator=(const Retirable&) = delete;
  virtual ~Retirable() = default;

 private:
  friend class Epochs;
  uint64_t retired_at_ = 0;
  Retirable* next_ = nullptr;
};

class Epochs {
 public:
  // Threads that can be pinned at the same time.
  static constexpr size_t kMaxPinned = 64;

  // Keeps everything alive that was in sight when it was made. Movable, not copyable.
  class Pin {
   public:
    Pin(Pin&& other) noexcept : slot_(std::exchange(other.slot_, nullptr)) {}

    Pin& operator=(Pin&&) = delete;
    Pin(const Pin&) = delete;
    Pin& operator=(const Pin&) = delete;

    ~Pin() {
      if (slot_ != nullptr) {
        slot_->store(kFree, std::memory_order_seq_cst);
      }
    }

   private:
    friend class Epochs;

    explicit Pin(std::atomic<uint64_t>* slot) : slot_(slot) {}

    std::atomic<uint64_t>* slot_;
  };

  Epochs() = default;
  Epochs(const Epochs&) = delete;
  Epochs& operator=(const Epochs&) = delete;

  // No thread may be pinned any more.
  ~Epochs() { FreeAll(retired_.exchange(nullptr)); }

  // Any thread. At most kMaxPinned pins at a time.
  [[nodiscard]] Pin Enter() const {
    for (Slot& slot : slots_) {
      uint64_t expected = kFree;
      // The epoch may have moved on since it was read: an older one only keeps more alive.
      if (slot.epoch.load(std::memory_order_relaxed) == kFree &&
          slot.epoch.compare_exchange_strong(expected, now_.load(std::memory_order_seq_cst),
                                             std::memory_order_seq_cst)) {
        return Pin(&slot.epoch);
      }
    }
    CheckFailed(__FILE__, __LINE__, "more threads pinned than Epochs::kMaxPinned");
  }

  // Takes ownership of an object that new readers can no longer reach. Any thread.
  void Retire(Retirable* object) {
    object->retired_at_ = now_.fetch_add(1, std::memory_order_seq_cst);
    Push(object);
  }

  // Frees what nobody can be reading any more. Any thread, pinned or not.
  void Collect() {
    Retirable* list = retired_.exchange(nullptr, std::memory_order_seq_cst);
    uint64_t oldest = UINT64_MAX;
    for (const Slot& slot : slots_) {
      const uint64_t epoch = slot.epoch.load(std::memory_order_seq_cst);
      oldest = epoch != kFree && epoch < oldest ? epoch : oldest;
    }
    while (list != nullptr) {
      Retirable* object = std::exchange(list, list->next_);
      if (object->retired_at_ < oldest) {
        delete object;
      } else {
        Push(object);
      }
    }
  }

 private:
  static constexpr uint64_t kFree = 0;

  struct alignas(64) Slot {
    std::atomic<uint64_t> epoch{kFree};
  };

  void Push(Retirable* object) {
    object->next_ = retired_.load(std::memory_order_relaxed);
    while (!retired_.compare_exchange_weak(object->next_, object, std::memory_order_seq_cst)) {
    }
  }

  static void FreeAll(Retirable* list) {
    while (list != nullptr) {
      delete std::exchange(list, list->next_);
    }
  }

  std::atomic<uint64_t> now_{1};
  std::atomic<Retirable*> retired_{nullptr};
  mutable std::array<Slot, kMaxPinned> slots_;  // whoever only reads is pinned too
};

}  // namespace weir
