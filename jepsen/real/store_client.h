// The operations of the workloads, in SPARQL over HTTP, against one node; and what their answers
// mean.
//
//   StoreClient client(cluster.http_port(1));
//   UpdateResult result = client.WriteRegister(3, 17, std::chrono::seconds(5));
// A quad register is the one object of (graph, subject K, predicate): absent at first.
#ifndef QUADRAFT_JEPSEN_REAL_STORE_CLIENT_H_
#define QUADRAFT_JEPSEN_REAL_STORE_CLIENT_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/status.h"
#include "jepsen/history/value.h"
#include "jepsen/real/http_client.h"

namespace quadraft::jepsen {

enum class Outcome : uint8_t {
  kDone,
  kNotDone,  // Certainly: the node says so, or was never reached.
  kUnknown,
};

struct UpdateResult {
  Outcome outcome = Outcome::kUnknown;
  bool changed = false;  // Of kDone: it deleted or inserted at least one quad.
  std::string message;   // Of the others: why.
};

class StoreClient {
 public:
  explicit StoreClient(uint16_t port) : http_(port) {}

  // nil, the integer, or, where there is more than one object, a vector of all of them (which no
  // register ever holds).
  StatusOr<Value> ReadRegister(int64_t key, std::chrono::milliseconds timeout);
  UpdateResult WriteRegister(int64_t key, int64_t value, std::chrono::milliseconds timeout);
  // changed: it was `from` and is `to` now. `from` and `to` differ.
  UpdateResult CasRegister(int64_t key, int64_t from, int64_t to,
                           std::chrono::milliseconds timeout);

  // A set of integers in a graph of its own.
  UpdateResult AddToSet(int64_t element, std::chrono::milliseconds timeout);
  StatusOr<std::vector<int64_t>> ReadSet(std::chrono::milliseconds timeout);

 private:
  UpdateResult Update(std::string text, std::chrono::milliseconds timeout);
  // The single column of a SELECT; Unavailable when it was not answered with 200.
  StatusOr<std::vector<int64_t>> SelectIntegers(std::string text,
                                                std::chrono::milliseconds timeout);

  HttpClient http_;
};

// For tests: the integers of a CSV result with one column and a head line.
StatusOr<std::vector<int64_t>> ParseIntegerCsv(std::string_view csv);
// What an answer to an update means (docs/life_of_an_update.md).
UpdateResult JudgeUpdate(const StatusOr<http::Response>& response);

}  // namespace quadraft::jepsen

#endif  // QUADRAFT_JEPSEN_REAL_STORE_CLIENT_H_
