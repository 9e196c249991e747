// Writes service requests and what becomes of them as DUIS documents, for synthetic traffic and for
// tests.
//
// Each function appends one document on one line, valid under the schema of DUIS 5.4, that
// DecodeDuis reads back to the same event. The same event always gives the same bytes. What an
// event does not say and the schema asks for is always the same.
//
// Does not sign: a request that would need a signed pre-command is written as the request before
// it.
//
// Source: DUIS 5.4, the schema.
//
// Threads: any.
//
// Layer: connectors/formats (engine/alert).
#pragma once

#include <string>

#include "absl/strings/string_view.h"

#include "engine/alert/event.h"

namespace weir {

// A request 6.7, 6.13, 6.14.1, 6.14.2, 7.7, 7.9, 8.14.3 or 8.14.4. False, with `out` as it was, if
// DUIS cannot say the same: it is another request; or it says a role, a supplier or a number of
// instructions, a time of execution where the schema has none, or a gas flow rate that the schema
// does not allow; or it is about another device than the one it is sent to and is not the return of
// a hub. A received time is not written: a request has none.
bool AppendDuisRequest(const OtherEvent& event, const Request& request, std::string& out);

// A response; `event.received` is there, and code and reference are words of the schema.
void AppendDuisAnswer(const OtherEvent& event, const Response& response, std::string& out);

// An outcome; `event.received`, its reference, its number and the number of instructions are there,
// the latter two up to 65535. `message` is the GBCS alert that says so.
void AppendDuisOutcome(const OtherEvent& event, const Outcome& outcome, absl::string_view message,
                       std::string& out);

}  // namespace weir
