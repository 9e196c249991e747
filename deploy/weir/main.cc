// The program: one subcommand a file, and what their exit codes mean.

#include <cstdio>
#include <exception>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"

#include "deploy/weir/capture_command.h"
#include "deploy/weir/decode_command.h"
#include "deploy/weir/exit_codes.h"
#include "deploy/weir/generate_command.h"
#include "deploy/weir/inspect_command.h"
#include "deploy/weir/replay_command.h"
#include "deploy/weir/serve_command.h"
#include "deploy/weir/tune_command.h"
#include "deploy/weir/validate_command.h"

namespace weir {

namespace {

int Main(int argc, char** argv) {
  CLI::App app(
      "Weir measures the flow of smart-meter alerts and limits it: it throttles devices "
      "that storm and accounts for every alert it holds back.");
  app.name("weir");
  app.set_version_flag("--version", WEIR_VERSION);
  app.require_subcommand(0, 1);
  app.footer(
      "Each command explains itself: weir COMMAND --help.\n"
      "Exit codes: 0 done, 1 failed, 2 wrong usage, 78 bad configuration.");
  ReplayArguments replay;
  ServeArguments serve;
  TuneArguments tune;
  DecodeArguments decode;
  ValidateArguments validate;
  GenerateArguments generate;
  InspectArguments inspect;
  CaptureArguments capture;
  const CLI::App* replay_app = AddReplay(app, replay);
  const CLI::App* serve_app = AddServe(app, serve);
  const CLI::App* tune_app = AddTune(app, tune);
  const CLI::App* decode_app = AddDecode(app, decode);
  const CLI::App* validate_app = AddValidate(app, validate);
  const CLI::App* generate_app = AddGenerate(app, generate);
  const CLI::App* inspect_app = AddInspect(app, inspect);
  const CLI::App* capture_app = AddCapture(app, capture);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Asking for help or the version is no error.
    return app.exit(error) == 0 ? kExitDone : kExitUsage;
  }
  if (replay_app->parsed()) {
    return RunReplay(replay);
  }
  if (serve_app->parsed()) {
    return RunServe(serve);
  }
  if (tune_app->parsed()) {
    return RunTune(tune);
  }
  if (decode_app->parsed()) {
    return RunDecode(decode);
  }
  if (validate_app->parsed()) {
    return RunValidate(validate);
  }
  if (generate_app->parsed()) {
    return RunGenerate(generate, stdout);
  }
  if (inspect_app->parsed()) {
    return RunInspect(inspect);
  }
  if (capture_app->parsed()) {
    return RunCapture(capture);
  }
  // Not left to the parser, which would say this of a misspelt command too.
  static_cast<void>(std::fputs("weir: give a command; weir --help lists them\n", stderr));
  return kExitUsage;
}

}  // namespace

}  // namespace weir

int main(int argc, char** argv) {
  try {
    return weir::Main(argc, argv);
  } catch (const std::exception& error) {
    // Out of memory and the like: nothing that input can cause.
    static_cast<void>(std::fprintf(stderr, "weir: %s\n", error.what()));
    return weir::kExitFailed;
  }
}
