#include "connectors/formats/json_object.h"

#include <cstring>

namespace weir {

namespace {

template <size_t N>
struct Name {
  const char (&text)[N];
  JsonField field;
};

template <size_t N>
Name(const char (&)[N], JsonField) -> Name<N>;

// Which of these `name` is. They all have its length, and that being constant makes this a compare
// or two of whole words for each.
template <size_t... N>
JsonField OneOf(absl::string_view name, const Name<N>&... names) {
  JsonField found = JsonField::kCount;
  const auto matches = [&](const auto& candidate) {
    const bool same = std::memcmp(name.data(), candidate.text, sizeof(candidate.text) - 1) == 0;
    found = same ? candidate.field : found;
    return same;
  };
  static_cast<void>((matches(names) || ...));
  return found;
}

}  // namespace

JsonField FieldOf(absl::string_view name) {
  using enum JsonField;
  switch (name.size()) {
    case 2:
      return OneOf(name, Name{"ts", kTs});
    case 3:
      return OneOf(name, Name{"key", kKey}, Name{"srv", kSrv});
    case 4:
      return OneOf(name, Name{"code", kCode}, Name{"type", kType}, Name{"role", kRole},
                   Name{"mpxn", kMpxn});
    case 5:
      return OneOf(name, Name{"topic", kTopic}, Name{"added", kAdded});
    case 6:
      return OneOf(name, Name{"device", kDevice}, Name{"offset", kOffset}, Name{"status", kStatus});
    case 7:
      return OneOf(name, Name{"payload", kPayload}, Name{"counter", kCounter},
                   Name{"variant", kVariant}, Name{"removed", kRemoved});
    case 8:
      return OneOf(name, Name{"received", kReceived}, Name{"supplier", kSupplier},
                   Name{"added_by", kAddedBy});
    case 9:
      return OneOf(name, Name{"recipient", kRecipient}, Name{"partition", kPartition});
    case 10:
      return OneOf(name, Name{"request_id", kRequestId}, Name{"execute_at", kExecuteAt},
                   Name{"key_base64", kKeyBase64});
    case 11:
      return OneOf(name, Name{"device_time", kDeviceTime}, Name{"device_type", kDeviceType},
                   Name{"instruction", kInstruction});
    case 12:
      return OneOf(name, Name{"instructions", kInstructions}, Name{"status_since", kStatusSince},
                   Name{"gbcs_version", kGbcsVersion});
    case 13:
      return OneOf(name, Name{"response_code", kResponseCode}, Name{"gas_flow_rate", kGasFlowRate});
    case 14:
      return OneOf(name, Name{"supplier_agent", kSupplierAgent},
                   Name{"payload_base64", kPayloadBase64});
    case 15:
      return OneOf(name, Name{"DCCAlertMessage", kDuisBody}, Name{"ResponseMessage", kDuisBody});
    case 16:
      return OneOf(name, Name{"network_operator", kNetworkOperator});
    case 18:
      return OneOf(name, Name{"DeviceAlertMessage", kDuisBody});
    default:
      return kCount;
  }
}

}  // namespace weir
