// Reads everything in a flat JSON object with simdjson on demand: the least that a program does
// which looks at every field.
//
// Layer: bench.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace weir {

// Every name and every value, strings unescaped, numbers converted. Adds up something of each of
// them in `sum`, so that nothing is optimised away. `document` is a document or a reference to one.
// False if the text is no object of strings, numbers, true, false and null.
template <typename Document>
bool VisitFields(Document& document, size_t& sum) {
  namespace ondemand = simdjson::ondemand;
  ondemand::object object;
  if (document.get_object().get(object) != simdjson::SUCCESS) {
    return false;
  }
  for (auto result : object) {
    ondemand::field field;
    std::string_view name;
    if (std::move(result).get(field) != simdjson::SUCCESS ||
        field.unescaped_key().get(name) != simdjson::SUCCESS) {
      return false;
    }
    sum += name.size();
    std::string_view text;
    uint64_t number = 0;
    double fraction = 0;
    bool truth = false;
    if (field.value().get_string().get(text) == simdjson::SUCCESS) {
      sum += text.size();
    } else if (field.value().get_uint64().get(number) == simdjson::SUCCESS) {
      sum += number;
    } else if (field.value().get_double().get(fraction) == simdjson::SUCCESS) {
      sum += fraction < 0 ? 0U : 1U;
    } else if (field.value().get_bool().get(truth) == simdjson::SUCCESS) {
      sum += truth ? 1U : 0U;
    } else if (!field.value().is_null()) {
      return false;
    }
  }
  return true;
}

}  // namespace weir
