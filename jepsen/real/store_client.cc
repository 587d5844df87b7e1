#include "jepsen/real/store_client.h"

#include <charconv>
#include <optional>
#include <utility>

#include "jepsen/history/json.h"

namespace quadraft::jepsen {
namespace {

// The pattern of register `key` with `object`.
std::string Register(int64_t key, std::string_view object) {
  return StrCat("GRAPH <urn:jepsen:registers> { <urn:jepsen:register:", key,
                "> <urn:jepsen:value> ", object, " }");
}

// A count in the answer to an update; 0 when it is not there.
int64_t CountOf(const Value& answer, std::string_view name) {
  const Value* count = answer.Find(name);
  return count != nullptr && count->is_int() ? count->as_int() : 0;
}

}  // namespace

StatusOr<std::vector<int64_t>> ParseIntegerCsv(std::string_view csv) {
  std::vector<int64_t> numbers;
  bool is_head = true;
  while (!csv.empty()) {
    const size_t end = csv.find("\r\n");
    if (end == std::string_view::npos) return DataLoss("a CSV line has no end: ", csv);
    const std::string_view line = csv.substr(0, end);
    csv.remove_prefix(end + 2);
    if (std::exchange(is_head, false)) continue;
    int64_t number = 0;
    const auto [stop, error] = std::from_chars(line.data(), line.data() + line.size(), number);
    if (error != std::errc() || stop != line.data() + line.size()) {
      return DataLoss("not an integer in the answer: ", line);
    }
    numbers.push_back(number);
  }
  if (is_head) return DataLoss("a CSV answer without a head");
  return numbers;
}

UpdateResult JudgeUpdate(const StatusOr<http::Response>& response) {
  if (!response.ok()) {
    const bool sent = response.status().code() != absl::StatusCode::kUnavailable;
    return {.outcome = sent ? Outcome::kUnknown : Outcome::kNotDone,
            .message = Message(response.status())};
  }
  const int status = response->status;
  if (status / 100 != 2) {
    // 4xx refuse the request, 503 promises that nothing was done; 504 and all others promise
    // nothing.
    const bool refused = status / 100 == 4 || status == 503;
    return {.outcome = refused ? Outcome::kNotDone : Outcome::kUnknown,
            .message = StrCat("HTTP ", status, ": ", response->body)};
  }
  UpdateResult result = {.outcome = Outcome::kDone};
  JsonReader reader(response->body);
  const auto answer = reader.Next();
  if (answer.ok() && answer->has_value()) {
    result.changed = CountOf(**answer, "inserted") + CountOf(**answer, "deleted") > 0;
  }
  return result;
}

UpdateResult StoreClient::Update(std::string text, std::chrono::milliseconds timeout) {
  return JudgeUpdate(
      http_.Send(PostRequest("/sparql", "application/sparql-update", std::move(text)), timeout));
}

StatusOr<std::vector<int64_t>> StoreClient::SelectIntegers(std::string text,
                                                           std::chrono::milliseconds timeout) {
  http::Request request = PostRequest("/sparql", "application/sparql-query", std::move(text));
  request.headers.emplace_back("accept", "text/csv");
  QR_ASSIGN_OR_RETURN(const http::Response response, http_.Send(request, timeout));
  if (response.status != 200) {
    return Unavailable("HTTP ", response.status, ": ", response.body);
  }
  return ParseIntegerCsv(response.body);
}

StatusOr<Value> StoreClient::ReadRegister(int64_t key, std::chrono::milliseconds timeout) {
  QR_ASSIGN_OR_RETURN(const std::vector<int64_t> objects,
                      SelectIntegers(StrCat("SELECT ?o { ", Register(key, "?o"), " }"), timeout));
  if (objects.empty()) return Value();
  if (objects.size() == 1) return Value::Int(objects[0]);
  std::vector<Value> all;
  for (const int64_t object : objects) all.push_back(Value::Int(object));
  return Value::Vector(std::move(all));
}

UpdateResult StoreClient::WriteRegister(int64_t key, int64_t value,
                                        std::chrono::milliseconds timeout) {
  return Update(StrCat("DELETE { ", Register(key, "?old"), " } INSERT { ",
                       Register(key, std::to_string(value)), " } WHERE { OPTIONAL { ",
                       Register(key, "?old"), " } }"),
                timeout);
}

UpdateResult StoreClient::CasRegister(int64_t key, int64_t from, int64_t to,
                                      std::chrono::milliseconds timeout) {
  const std::string before = Register(key, std::to_string(from));
  return Update(StrCat("DELETE { ", before, " } INSERT { ", Register(key, std::to_string(to)),
                       " } WHERE { ", before, " }"),
                timeout);
}

UpdateResult StoreClient::AddToSet(int64_t element, std::chrono::milliseconds timeout) {
  return Update(
      StrCat("INSERT DATA { GRAPH <urn:jepsen:set> { <urn:jepsen:set> <urn:jepsen:element> ",
             element, " } }"),
      timeout);
}

StatusOr<std::vector<int64_t>> StoreClient::ReadSet(std::chrono::milliseconds timeout) {
  return SelectIntegers(
      "SELECT ?o { GRAPH <urn:jepsen:set> { <urn:jepsen:set> <urn:jepsen:element> ?o } }", timeout);
}

}  // namespace quadraft::jepsen
