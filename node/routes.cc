#include "node/routes.h"

#include <algorithm>
#include <utility>

#include "core/rdf/syntax.h"
#include "node/errors.h"
#include "node/gauges.h"
#include "node/json.h"
#include "node/session_http.h"
#include "sparql/parser/parser.h"
#include "sparql/protocol/form.h"

namespace quadraft::node {
namespace {

constexpr std::string_view kPaths =
    "try /sparql (also /query, /update), /store, /sessions, /livez, /readyz, /metrics, /status, /members";
constexpr std::string_view kSessionPrefix = "/sessions/";
constexpr size_t kBlankScopeBytesMax = 64;
constexpr uint64_t kReadyLagMax = 10000;  // Entries committed and not yet applied here.

http::Response Text(int status, std::string body, std::string_view content_type = "text/plain; charset=utf-8") {
  return {.status = status, .headers = {{"content-type", std::string(content_type)}}, .body = std::move(body)};
}

void Respond(http::ResponseWriter& writer, http::Response response) {
  writer.Respond(std::move(response)).IgnoreError();  // A client that has gone needs no answer.
}

// Our own parameter of /store writes: requests with the same scope share blank node labels, so that one document can be sent
// in several. Letters and digits; empty: the labels of each request are its own.
StatusOr<std::string> BlankScope(const http::Request& request) {
  QR_ASSIGN_OR_RETURN(const sparql::FormFields fields, sparql::DecodeForm(request.query));
  for (const auto& [name, value] : fields) {
    if (name != "blank-scope") continue;
    const bool plain = std::all_of(value.begin(), value.end(), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    });
    if (value.empty() || !plain || value.size() > kBlankScopeBytesMax) {
      return InvalidArgument("blank-scope: expected 1 to ", kBlankScopeBytesMax, " letters and digits");
    }
    return value;
  }
  return std::string();
}

// CONSTRUCT of one graph, or of all quads.
StatusOr<sparql::Query> GraphQuery(const sparql::GraphStoreRequest& request) {
  if (request.whole_dataset) {
    // Each template fits the solutions of one branch only: a triple with an unbound variable is left out.
    QR_ASSIGN_OR_RETURN(sparql::Query query,
                        sparql::ParseQuery("CONSTRUCT { ?s ?p ?o . ?a ?b ?c } WHERE { { ?s ?p ?o } UNION { GRAPH ?g { ?a ?b ?c } } }", {}));
    const auto& names = query.variables;
    const auto graph = std::find(names.begin(), names.end(), "g") - names.begin();
    query.construct.at(1).graph = sparql::Var{static_cast<uint32_t>(graph)};
    return query;
  }
  std::string text = "CONSTRUCT { ?s ?p ?o } WHERE { ";
  if (!request.graph.is_default_graph()) {
    text += "GRAPH ";
    rdf::AppendNTerm(&text, request.graph);
  }
  text += " { ?s ?p ?o } }";
  return sparql::ParseQuery(text, {});
}

StatusOr<std::string> ParseBody(const sparql::GraphStoreRequest& request, const std::string& blank_prefix,
                                std::string_view body) {
  rdf::ReaderOptions options;
  options.blank_prefix = blank_prefix;
  if (!request.whole_dataset) options.graph = request.graph;
  if (request.graph.is_iri()) options.base = request.graph.value;
  txn::WriteSet writes;
  auto reader = rdf::NewReader(request.syntax, options);
  reader->OnQuad([&](rdf::Quad&& quad) -> Status {
    if (!request.whole_dataset && quad.graph != request.graph) {
      return InvalidArgument("the body names a graph of its own; leave ?default and ?graph away to write quads");
    }
    writes.inserts.push_back(std::move(quad));
    return OkStatus();
  });
  QR_RETURN_IF_ERROR(reader->Feed(body));
  QR_RETURN_IF_ERROR(reader->Finish());
  return txn::EncodeWriteSet(writes);
}

// Of what an update asks for: a sequence of a session stands for one such only.
uint64_t FingerprintOf(const sparql::ProtocolRequest& request) {
  std::string bytes = StrCat(request.text.size(), " ", request.text, request.dataset.set);
  for (const rdf::Term& graph : request.dataset.default_graphs) StrAppend(&bytes, " default ", graph.value);
  for (const rdf::Term& graph : request.dataset.named_graphs) StrAppend(&bytes, " named ", graph.value);
  return Fingerprint64(bytes);
}
uint64_t FingerprintOf(const sparql::GraphStoreRequest& request, std::string_view scope, std::string_view body) {
  const std::string head = StrCat("store ", static_cast<int>(request.method), " ", static_cast<int>(request.syntax), " ",
                                  request.whole_dataset, " ", scope, " ", request.graph.value);
  return Fingerprint64(body, Fingerprint64(head));
}

std::string ClearText(const sparql::GraphStoreRequest& request) {
  if (request.whole_dataset) return "CLEAR SILENT ALL";
  if (request.graph.is_default_graph()) return "CLEAR SILENT DEFAULT";
  std::string text = "CLEAR SILENT GRAPH ";
  rdf::AppendNTerm(&text, request.graph);
  return text;
}

}  // namespace

void Routes::Handle(http::Request request, http::ResponseWriter writer) {
  const std::string path = request.path;
  if (path == "/sparql" || path == "/query" || path == "/update") return Sparql(std::move(request), std::move(writer));
  if (path == "/store") return Store(std::move(request), std::move(writer));
  if (path == "/sessions" || path.starts_with(kSessionPrefix)) return SessionsPage(std::move(request), std::move(writer));
  if (path == "/members") return MembersPage(std::move(request), std::move(writer));
  if (request.method != "GET" && request.method != "HEAD") {
    return Respond(writer, Text(404, StrCat("no ", request.method, " ", path, "; ", kPaths, "\n")));
  }
  if (path == "/livez") return Respond(writer, Text(200, "ok\n"));
  if (path == "/readyz") return Ready(std::move(writer));
  if (path == "/metrics") return MetricsText(std::move(writer));
  if (path == "/status") return StatusJson(std::move(writer));
  if (path == "/") return Respond(writer, Text(200, StrCat("QuadRaft node ", node_.options_.id, "; ", kPaths, "\n")));
  Respond(writer, Text(404, StrCat("nothing at ", path, "; ", kPaths, "\n")));
}

MonotonicTime Routes::Deadline(const sparql::RequestOptions& options, Duration otherwise) const {
  return node_.env_.clock().Now() + (options.timeout_ms ? Duration(milliseconds(*options.timeout_ms)) : otherwise);
}

void Routes::Sparql(http::Request request, http::ResponseWriter writer) {
  const std::string accept(http::Find(request.headers, "accept"));
  auto decoded = sparql::DecodeRequest(request);
  if (!decoded.ok()) return RespondError(writer, decoded.status(), accept);
  if (decoded->kind == sparql::ProtocolRequest::Kind::kQuery) {
    return Query(*std::move(decoded), request.method == "HEAD", std::move(writer));
  }
  // Bad text ends here, with its line and column; good text is parsed again by the leader.
  sparql::ParseOptions options;
  options.dataset = decoded->dataset;
  const auto parsed = sparql::ParseUpdate(decoded->text, options);
  if (!parsed.ok()) return RespondError(writer, parsed.status(), accept);
  auto session = DecodeSessionHeaders(request.headers);
  if (!session.ok()) return RespondError(writer, session.status(), accept);
  if (*session) (*session)->set_fingerprint(FingerprintOf(*decoded));
  proto::MutationRequest mutation;
  if (*session) *mutation.mutable_session() = **std::move(session);
  mutation.set_update(std::move(decoded->text));
  mutation.set_has_using(decoded->dataset.set);
  for (const rdf::Term& graph : decoded->dataset.default_graphs) mutation.add_using_graphs(graph.value);
  for (const rdf::Term& graph : decoded->dataset.named_graphs) mutation.add_using_named_graphs(graph.value);
  const MonotonicTime deadline = Deadline(decoded->options, node_.options_.update_timeout);
  node_.tasks_.Spawn(Mutate(std::move(mutation), deadline, accept, 200, std::move(writer)));
}

void Routes::Query(sparql::ProtocolRequest request, bool head_only, http::ResponseWriter writer) {
  sparql::ParseOptions options;
  options.dataset = std::move(request.dataset);
  auto query = sparql::ParseQuery(request.text, options);
  if (!query.ok()) return RespondError(writer, query.status(), request.accept);
  const auto format = sparql::NegotiateFormat(query->form, request.accept);
  if (!format.ok()) return RespondError(writer, format.status(), request.accept);
  QueryRequest run;
  run.format = *format;
  run.deadline = Deadline(request.options, node_.options_.query_timeout);
  run.freshness = Freshness::Of(request.options);
  run.memory_bytes_max = node_.options_.query_memory_bytes_max;
  run.head_only = head_only;
  run.accept = std::move(request.accept);
  node_.tasks_.Spawn(node_.queries_->Serve(*std::move(query), std::move(run), std::move(writer)));
}

void Routes::Store(http::Request request, http::ResponseWriter writer) {
  const std::string accept(http::Find(request.headers, "accept"));
  auto decoded = sparql::DecodeGraphStoreRequest(request);
  if (!decoded.ok()) return RespondError(writer, decoded.status(), accept);
  using Method = sparql::GraphStoreRequest::Method;
  if (decoded->method == Method::kGet || decoded->method == Method::kHead) {
    return StoreRead(*std::move(decoded), std::move(writer));
  }
  auto scope = BlankScope(request);
  if (!scope.ok()) return RespondError(writer, scope.status(), accept);
  auto session = DecodeSessionHeaders(request.headers);
  if (!session.ok()) return RespondError(writer, session.status(), accept);
  if (*session) (*session)->set_fingerprint(FingerprintOf(*decoded, *scope, request.body));
  node_.tasks_.Spawn(StoreWrite(*std::move(decoded), *std::move(scope), std::move(request.body), *std::move(session),
                                std::move(writer)));
}

void Routes::StoreRead(sparql::GraphStoreRequest request, http::ResponseWriter writer) {
  auto query = GraphQuery(request);
  if (!query.ok()) return RespondError(writer, query.status(), request.accept);
  const auto format = sparql::NegotiateGraphFormat(request.whole_dataset, request.accept);
  if (!format.ok()) return RespondError(writer, format.status(), request.accept);
  QueryRequest run;
  run.format = *format;
  run.deadline = Deadline(request.options, node_.options_.query_timeout);
  run.freshness = Freshness::Of(request.options);
  run.memory_bytes_max = node_.options_.query_memory_bytes_max;
  run.not_found_when_empty = request.graph.is_iri();
  run.head_only = request.method == sparql::GraphStoreRequest::Method::kHead;
  run.accept = std::move(request.accept);
  node_.tasks_.Spawn(node_.queries_->Serve(*std::move(query), std::move(run), std::move(writer)));
}

// PUT replaces, POST adds, DELETE empties; each is one transaction.
Task<void> Routes::StoreWrite(sparql::GraphStoreRequest request, std::string blank_scope, std::string body,
                              std::optional<proto::SessionRequest> session, http::ResponseWriter writer) {
  using Method = sparql::GraphStoreRequest::Method;
  const MonotonicTime deadline = Deadline(request.options, node_.options_.update_timeout);
  proto::MutationRequest mutation;
  if (session) *mutation.mutable_session() = *session;
  if (request.method == Method::kPut || request.method == Method::kDelete) mutation.set_update(ClearText(request));
  if (request.method != Method::kDelete) {
    struct Work {
      sparql::GraphStoreRequest request;
      std::string blank_prefix, body;
      StatusOr<std::string> writes = std::string();
    };
    auto work = std::make_shared<Work>();
    work->request = request;
    work->blank_prefix = blank_scope.empty() ? node_.mutations_->FreshBlankPrefix() : StrCat("s", blank_scope, "x");
    work->body = std::move(body);
    Closure parse = [work] { work->writes = ParseBody(work->request, work->blank_prefix, work->body); };
    co_await RunOffloaded(node_.env_.executor(), std::move(parse));
    if (!work->writes.ok()) {
      RespondError(writer, work->writes.status(), request.accept);
      co_return;
    }
    mutation.set_write_set(*std::move(work->writes));
  }
  co_await Mutate(std::move(mutation), deadline, request.accept, 204, std::move(writer));
}

Task<void> Routes::Mutate(proto::MutationRequest request, MonotonicTime deadline, std::string accept,
                          int status_when_done, http::ResponseWriter writer) {
  Metrics& metrics = node_.metrics_;
  const MonotonicTime start = node_.env_.clock().Now();
  metrics.updates_total.Add();
  const auto response = co_await node_.mutations_->Run(std::move(request), deadline);
  metrics.update_seconds.Observe(node_.env_.clock().Now() - start);
  const Status failed = response.ok() ? SessionError(*response) : response.status();
  const std::pair<std::string, std::string> outcome = {"quadraft-outcome", std::string(OutcomeOf(response))};
  metrics.OutcomesOf(outcome.second).Add();
  if (!failed.ok()) {
    metrics.update_errors_total.Add();
    http::Response error = ErrorResponse(failed, accept);
    error.headers.push_back(outcome);
    Respond(writer, std::move(error));
    co_return;
  }
  metrics.quads_inserted_total.Add(response->inserted());
  metrics.quads_deleted_total.Add(response->deleted());
  JsonObject body;
  body.Add("inserted", uint64_t{response->inserted()});
  body.Add("deleted", uint64_t{response->deleted()});
  body.Add("log_index", uint64_t{response->log_index()});
  http::Response done = status_when_done == 204 ? http::Response{.status = 204}
                                                : Text(status_when_done, body.Text() + "\n", "application/json");
  done.headers.push_back(outcome);
  Respond(writer, std::move(done));
}

void Routes::SessionsPage(http::Request request, http::ResponseWriter writer) {
  const std::string accept(http::Find(request.headers, "accept"));
  proto::SessionRequest session;
  if (request.path == "/sessions" && request.method == "POST") {
    session.set_kind(proto::SessionRequest::REGISTER);
  } else if (request.path != "/sessions" && request.method == "DELETE") {
    const auto id = DecodeSessionId(std::string_view(request.path).substr(kSessionPrefix.size()));
    if (!id.ok()) return RespondError(writer, id.status(), accept);
    session.set_kind(proto::SessionRequest::CLOSE);
    session.set_number(id->index.value());
    session.set_key(id->key);
  } else {
    return Respond(writer, Text(404, StrCat("no ", request.method, " ", request.path,
                                            "; POST /sessions registers one, DELETE /sessions/ID closes it\n")));
  }
  node_.tasks_.Spawn(ChangeSession(std::move(session), accept, std::move(writer)));
}

Task<void> Routes::ChangeSession(proto::SessionRequest session, std::string accept, http::ResponseWriter writer) {
  const bool registers = session.kind() == proto::SessionRequest::REGISTER;
  proto::MutationRequest request;
  *request.mutable_session() = std::move(session);
  const auto response =
      co_await node_.mutations_->Run(std::move(request), node_.env_.clock().Now() + node_.options_.update_timeout);
  const Status failed = response.ok() ? SessionError(*response) : response.status();
  if (!failed.ok()) {
    RespondError(writer, failed, accept);
  } else if (registers) {
    Respond(writer, Text(201, SessionJson(*response) + "\n", "application/json"));
  } else {
    Respond(writer, http::Response{.status = 204});
  }
}

void Routes::MembersPage(http::Request request, http::ResponseWriter writer) {
  if (request.method == "GET" || request.method == "HEAD") {
    return Respond(writer, Text(200, node_.members_->Json() + "\n", "application/json"));
  }
  const std::string accept(http::Find(request.headers, "accept"));
  if (request.method != "POST") {
    return Respond(writer, Text(404, StrCat("no ", request.method, " /members; GET and POST are\n")));
  }
  auto decoded = DecodeMembersRequest(request.query);
  if (!decoded.ok()) return RespondError(writer, decoded.status(), accept);
  node_.tasks_.Spawn(ChangeMembers(*std::move(decoded), accept, std::move(writer)));
}

Task<void> Routes::ChangeMembers(MembersRequest request, std::string accept, http::ResponseWriter writer) {
  const MonotonicTime deadline = node_.env_.clock().Now() + node_.options_.update_timeout;
  const Status done = co_await node_.members_->Run(std::move(request), deadline);
  if (!done.ok()) {
    RespondError(writer, done, accept);
    co_return;
  }
  Respond(writer, Text(200, node_.members_->Json() + "\n", "application/json"));
}

void Routes::Ready(http::ResponseWriter writer) {
  const auto status = node_.replicas_->status(kDataGroup);
  const bool has_leader = node_.replicas_->leader(kDataGroup).has_value();
  const bool caught_up = status.commit.value() - status.applied.value() <= kReadyLagMax;
  const bool ok = has_leader && caught_up && !node_.failed_;
  const auto line = [](bool good, std::string_view name) { return StrCat(good ? "[+]" : "[-]", name, good ? " ok\n" : " failed\n"); };
  Respond(writer, Text(ok ? 200 : 503, StrCat(line(has_leader, "leader"), line(caught_up, "applied"), line(!node_.failed_, "storage"))));
}

void Routes::StatusJson(http::ResponseWriter writer) {
  const auto status = node_.replicas_->status(kDataGroup);
  const auto leader = node_.replicas_->leader(kDataGroup);
  JsonObject body;
  body.Add("node", node_.options_.id.value());
  body.Add("role", raft::RoleName(status.role));
  body.Add("lease", status.lease ? "valid" : "none");
  if (leader) body.Add("leader", leader->value());
  body.Add("term", status.term.value());
  body.Add("commit_index", status.commit.value());
  body.Add("applied_index", status.applied.value());
  body.Add("last_index", status.last.value());
  body.Add("quads", node_.state_->quad_count());
  body.Add("digest", node_.state_->content_digest().ToHex());
  body.AddRaw("groups", GroupsJson(*node_.replicas_));
  JsonObject sessions;
  sessions.Add("open", node_.state_->sessions().summary().count);
  sessions.Add("outcomes", uint64_t{node_.state_->sessions().outcomes()});
  body.AddRaw("sessions", sessions.Text());
  Respond(writer, Text(200, body.Text() + "\n", "application/json"));
}

void Routes::MetricsText(http::ResponseWriter writer) {
  const auto log = node_.log_->stats();
  const GaugeSources sources{.replicas = *node_.replicas_,
                             .log = log,
                             .log_segment_bytes = node_.options_.log.segment_bytes,
                             .kv = *node_.kv_,
                             .state = *node_.state_,
                             .http = node_.http_->stats(),
                             .queries_running = node_.queries_->running(),
                             .updates_evaluating = node_.mutations_->evaluating(),
                             .rpc_calls_pending = node_.rpc_->pending(),
                             .started = node_.started_at_};
  Respond(writer, Text(200, PrometheusText(node_.metrics_, Gauges(sources)), "text/plain; version=0.0.4; charset=utf-8"));
}

}  // namespace quadraft::node
