#include "deploy/weir/decode_command.h"

#include <cstdio>
#include <variant>
#include <vector>

#include "connectors/capture/capture_source.h"
#include "connectors/formats/decoded_json.h"
#include "deploy/weir/exit_codes.h"
#include "deploy/weir/format_option.h"
#include "engine/base/status_macros.h"

namespace weir {

namespace {

constexpr size_t kBatchRecords = 1024;

// How many records could not be decoded.
absl::StatusOr<uint64_t> DecodeAll(const DecodeArguments& arguments) {
  WEIR_ASSIGN_OR_RETURN(const auto source,
                        CaptureSource::Open({arguments.file}, ParseFormat(arguments.format)));
  uint64_t dead = 0;
  std::vector<Record> records;
  std::string lines;
  do {
    WEIR_RETURN_IF_ERROR(source->Read(kBatchRecords, records));
    lines.clear();
    for (const Record& record : records) {
      AppendDecoded(record, lines);
      dead += std::holds_alternative<DeadReason>(record.event) ? 1U : 0U;
    }
    // Each batch at once: whoever feeds records one by one wants to see them so.
    if (std::fwrite(lines.data(), 1, lines.size(), stdout) != lines.size() ||
        std::fflush(stdout) != 0) {
      return absl::UnavailableError("writing to standard output failed");
    }
  } while (!records.empty());
  return dead;
}

}  // namespace

CLI::App* AddDecode(CLI::App& root, DecodeArguments& arguments) {
  CLI::App* app =
      root.add_subcommand("decode", "Show what the messages of a capture say, as JSON lines");
  app->add_option("file", arguments.file, "A capture; standard input without it")
      ->type_name("FILE");
  AddFormatOption(*app, arguments.format);
  app->footer(
      "What cannot be decoded is shown with the reason, and the exit code is 1.\n"
      "Examples:\n"
      "  weir decode message.hex\n"
      "  weir decode --format gbcs < messages.b64 | jq .gbcs.use_case\n"
      "  weir decode --format duis documents.xml | jq .duis.response_code");
  return app;
}

int RunDecode(const DecodeArguments& arguments) {
  const absl::StatusOr<uint64_t> dead = DecodeAll(arguments);
  if (!dead.ok()) {
    static_cast<void>(
        std::fprintf(stderr, "weir decode: %s\n", std::string(dead.status().message()).c_str()));
    return kExitFailed;
  }
  if (*dead > 0) {
    static_cast<void>(std::fprintf(
        stderr, "weir decode: %llu records could not be decoded; see \"reason\" in their lines\n",
        static_cast<unsigned long long>(*dead)));  // NOLINT(google-runtime-int): what %llu takes
    return kExitFailed;
  }
  return kExitDone;
}

}  // namespace weir
