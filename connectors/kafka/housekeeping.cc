#include "connectors/kafka/housekeeping.h"

#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"

#include "connectors/kafka/kafka_changelog.h"
#include "engine/base/status_macros.h"

namespace weir {

namespace {

constexpr int kAskMs = 5000;

using DeleteRecords =
    std::unique_ptr<rd_kafka_DeleteRecords_t, GivesBack<rd_kafka_DeleteRecords_destroy>>;
using AdminOptions =
    std::unique_ptr<rd_kafka_AdminOptions_t, GivesBack<rd_kafka_AdminOptions_destroy>>;

}  // namespace

Housekeeping::Housekeeping(const Topics& topics, DurationMs interval, WallClock clock)
    : topics_(topics), interval_(interval.value), clock_(std::move(clock)) {}

absl::StatusOr<std::unique_ptr<Housekeeping>> Housekeeping::Start(const KafkaProperties& properties,
                                                                  const Topics& topics,
                                                                  DurationMs interval,
                                                                  WallClock clock) {
  auto housekeeping = absl::WrapUnique(new Housekeeping(topics, interval, std::move(clock)));
  WEIR_ASSIGN_OR_RETURN(housekeeping->admin_, properties.MakeAdmin(housekeeping->callbacks_));
  Housekeeping* const self = housekeeping.get();
  self->thread_ = std::thread([self] { self->Run(); });
  return housekeeping;
}

Housekeeping::~Housekeeping() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
  for (const auto& [partition, item] : items_) {
    Write(item);
  }
}

void Housekeeping::Add(std::shared_ptr<StoreFollower> follower, WorkerWatch& watch) {
  const std::lock_guard lock(mutex_);
  const int32_t partition = follower->partition();
  items_[partition] = {.follower = std::move(follower), .watch = &watch};
}

void Housekeeping::Remove(int32_t partition) {
  std::unique_lock lock(mutex_);
  items_.erase(partition);
  changed_.wait(lock, [&] { return busy_with_ != partition; });
}

void Housekeeping::Run() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, interval_, [&] { return stopping_; })) {
    lock.unlock();
    VisitAll();
    lock.lock();
  }
}

void Housekeeping::VisitAll() {
  for (std::optional<Item> item = Take(-1); item;) {
    const int32_t partition = item->follower->partition();
    Write(*item);
    Tell(*item, "trimming the deltas", Trim(*item->follower));
    item.reset();
    GiveBack();
    item = Take(partition);
  }
}

// The one behind partition `after`, which is then being worked on.
std::optional<Housekeeping::Item> Housekeeping::Take(int32_t after) {
  const std::lock_guard lock(mutex_);
  const auto next = items_.upper_bound(after);
  if (next == items_.end() || stopping_) {
    return std::nullopt;
  }
  busy_with_ = next->first;
  return next->second;
}

void Housekeeping::GiveBack() {
  {
    const std::lock_guard lock(mutex_);
    busy_with_ = -1;
  }
  changed_.notify_all();
}

void Housekeeping::Write(const Item& item) {
  const absl::Status written = item.follower->WriteOut(clock_());
  Tell(item, "writing the local store", written);
  item.watch->OnStoreWrite(item.follower->partition(), written.ok());
}

absl::Status Housekeeping::Trim(StoreFollower& follower) {
  WEIR_ASSIGN_OR_RETURN(const ChangelogPosition end,
                        EndOfChangelogs(admin_.get(), topics_, follower.partition(), kAskMs));
  follower.NoteEnd(end);
  const std::optional<int64_t> offset = follower.TakeTrimOffset();
  return offset ? DeleteBelow(follower.partition(), *offset) : absl::OkStatus();
}

void Housekeeping::Tell(const Item& item, absl::string_view task, const absl::Status& outcome) {
  const int32_t partition = item.follower->partition();
  std::string& failing = failing_[{partition, task}];
  if (failing == outcome.message()) {
    return;
  }
  failing = std::string(outcome.message());
  const std::string what = absl::StrCat(task, " of partition ", partition);
  if (outcome.ok()) {
    item.watch->Log(LogLevel::kInfo, absl::StrCat(what, " works again"));
  } else {
    item.watch->Log(LogLevel::kError,
                    absl::StrCat(what, " fails, the flow goes on without it: ", outcome.message()));
  }
}

absl::Status Housekeeping::DeleteBelow(int32_t partition, int64_t offset) {
  const PartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topics_.deltas.c_str(), partition)->offset = offset;
  const DeleteRecords deletion(rd_kafka_DeleteRecords_new(list.get()));
  const AdminOptions options(
      rd_kafka_AdminOptions_new(admin_.get(), RD_KAFKA_ADMIN_OP_DELETERECORDS));
  const QueueHandle queue(rd_kafka_queue_new(admin_.get()));
  rd_kafka_DeleteRecords_t* deletions[] = {deletion.get()};
  rd_kafka_DeleteRecords(admin_.get(), deletions, 1, options.get(), queue.get());
  const EventHandle event(rd_kafka_queue_poll(queue.get(), kAskMs));
  const std::string attempted =
      absl::StrCat("trimming ", topics_.deltas, " [", partition, "] below offset ", offset);
  if (event == nullptr) {
    return absl::UnavailableError(absl::StrCat(attempted, ": no answer in time"));
  }
  WEIR_RETURN_IF_ERROR(ToStatus(rd_kafka_event_error(event.get()), attempted));
  const rd_kafka_topic_partition_list_t* trimmed =
      rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event.get()));
  return trimmed->cnt == 0 ? absl::OkStatus() : ToStatus(trimmed->elems[0].err, attempted);
}

}  // namespace weir
