#include "tools/bench/load.h"

#include <algorithm>
#include <utility>

#include "net/http/percent.h"

namespace quadraft::bench {

Load::Load(Env& env, LoadOptions options, Written* written)
    : env_(env), options_(std::move(options)), written_(written) {
  report_.operation = options_.operation;
  report_.clients = options_.clients;
  for (int i = 0; i < options_.clients; ++i) {
    clients_.push_back(std::make_unique<Client>());
    clients_.back()->http = std::make_unique<http::HttpClient>(
        env_, options_.endpoints[i % options_.endpoints.size()], http::ClientOptions{});
  }
}

Load::~Load() = default;

void Load::Start(absl::AnyInvocable<void()> done) {
  done_ = std::move(done);
  measure_from_ = env_.clock().Now() + options_.warm_up;
  measure_until_ = measure_from_ + options_.duration;
  report_.seconds = static_cast<double>(options_.duration.count()) / 1e9;
  running_ = options_.clients;
  for (auto& client : clients_) SendNext(*client);
}

void Load::SendNext(Client& client) {
  client.begun = env_.clock().Now();
  if (client.begun >= measure_until_) {
    if (--running_ == 0) done_();
    return;
  }
  client.http->Send(MakeRequest(client), {.timeout = options_.request_timeout},
                    [this, &client](StatusOr<http::Response> answer) {
                      OnAnswer(client, std::move(answer));
                    });
}

void Load::OnAnswer(Client& client, StatusOr<http::Response> answer) {
  const MonotonicTime now = env_.clock().Now();
  std::string kind;
  std::string problem = Problem(client, answer, &kind);
  if (!kind.empty()) {
    CountError(std::move(kind), std::move(problem));
    env_.executor().RunAfter(kPauseAfterError, [this, &client] { SendNext(client); });
    return;
  }
  if (options_.operation == Operation::kWrite) written_->acknowledged.push_back(client.number);
  if (client.begun >= measure_from_) report_.latency.Add(now - client.begun);
  if (now >= measure_from_ && now < measure_until_) ++report_.ok;
  SendNext(client);
}

std::string Load::Problem(const Client& client, const StatusOr<http::Response>& answer,
                          std::string* kind) const {
  if (!answer.ok()) {
    *kind = absl::StatusCodeToString(answer.status().code());
    return Message(answer.status());
  }
  if (answer->status < 200 || answer->status > 299) {
    *kind = StrCat("HTTP ", answer->status);
    return answer->body.substr(0, 200);
  }
  if (options_.operation == Operation::kRead &&
      answer->body.find(ValueOf(client.number)) == std::string::npos) {
    *kind = "wrong answer";
    return StrCat(SubjectOf(client.number), ": ", answer->body.substr(0, 200));
  }
  return "";
}

void Load::CountError(std::string kind, std::string example) {
  ++report_.errors;
  if (report_.error_kinds.size() >= kErrorKindsMax && !report_.error_kinds.contains(kind)) kind = "other";
  if (++report_.error_kinds[kind] == 1) report_.error_examples[kind] = std::move(example);
}

std::string Load::SubjectOf(uint64_t number) const {
  return StrCat("<http://bench.example/", written_->run, "/", number, ">");
}

std::string Load::ValueOf(uint64_t number) const {
  std::string value = StrCat("value ", written_->run, " ", number, " ");
  if (value.size() < options_.value_bytes) value.resize(options_.value_bytes, 'v');
  return value;
}

http::Request Load::MakeRequest(Client& client) {
  if (options_.operation == Operation::kWrite) {
    client.number = written_->next++;
    return {.method = "POST",
            .path = "/sparql",
            .headers = {{"content-type", "application/sparql-update"}},
            .body = StrCat("INSERT DATA { GRAPH <http://bench.example/g> { ", SubjectOf(client.number),
                           " <http://bench.example/p> \"", ValueOf(client.number), "\" } }")};
  }
  const auto& known = written_->acknowledged;
  client.number = known[env_.random("bench/read").Below(known.size())];
  const std::string query = StrCat("SELECT ?o WHERE { GRAPH <http://bench.example/g> { ",
                                   SubjectOf(client.number), " <http://bench.example/p> ?o } }");
  return {.method = "GET",
          .path = "/sparql",
          .query = "query=" + http::PercentEncode(query),
          .headers = {{"accept", "application/sparql-results+json"}}};
}

}  // namespace quadraft::bench
