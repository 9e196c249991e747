// The `--format` option that several commands share.
//
// Layer: deploy/weir.
#pragma once

#include <string>

#include "CLI/App.hpp"

#include "connectors/formats/format.h"

namespace weir {

// Takes the name of a format; left empty, the format of each record is found.
inline void AddFormatOption(CLI::App& app, std::string& format) {
  app.add_option("--format", format,
                 "Read every line as json, kcat, gbcs or duis; without it the format is found line "
                 "by line")
      ->type_name("FORMAT")
      ->check([](const std::string& name) {
        return ParseFormat(name) ? std::string()
                                 : "'" + name + "' is no format: give json, kcat, gbcs or duis";
      });
}

}  // namespace weir
