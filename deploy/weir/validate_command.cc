#include "deploy/weir/validate_command.h"

#include <cstdio>

#include "absl/strings/str_cat.h"

#include "connectors/config/policy_file.h"
#include "deploy/weir/exit_codes.h"

namespace weir {

CLI::App* AddValidate(CLI::App& root, ValidateArguments& arguments) {
  CLI::App* app = root.add_subcommand(
      "validate", "Check policy files and list everything that is wrong with them");
  app->add_option("files", arguments.files, "Policy files")->required()->type_name("FILE");
  app->footer("The exit code is 78 if any file is wrong.\nExample:\n  weir validate policy.yaml");
  return app;
}

int RunValidate(const ValidateArguments& arguments) {
  int exit_code = kExitDone;
  for (const std::string& file : arguments.files) {
    std::string remarks;
    const absl::StatusOr<PolicySchedule> schedule = ReadPolicyFile(file, &remarks);
    if (!schedule.ok()) {
      static_cast<void>(
          std::fprintf(stderr, "%s\n", std::string(schedule.status().message()).c_str()));
      exit_code = kExitConfiguration;
      continue;
    }
    std::string line = absl::StrCat(file, ": a policy of ", schedule->versions.size(),
                                    schedule->versions.size() == 1 ? " version" : " versions");
    for (const PolicyVersion& version : schedule->versions) {
      absl::StrAppend(&line, "\n  from ", FormatTime(version.effective_from().value_or(TimeMs{})),
                      version.note().empty() ? "" : ": ", version.note());
    }
    if (!remarks.empty()) {
      absl::StrAppend(&line, "\nbut note:\n", remarks);
    }
    static_cast<void>(std::printf("%s\n", line.c_str()));
  }
  if (std::fflush(stdout) != 0) {
    static_cast<void>(std::fputs("weir validate: writing to standard output failed\n", stderr));
    return kExitFailed;
  }
  return exit_code;
}

}  // namespace weir
