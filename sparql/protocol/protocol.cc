#include "sparql/protocol/protocol.h"

#include <charconv>

#include "core/rdf/chars.h"
#include "core/rdf/iri.h"
#include "sparql/protocol/form.h"

namespace quadraft::sparql {
namespace {

constexpr std::string_view kFormType = "application/x-www-form-urlencoded";
constexpr std::string_view kQueryType = "application/sparql-query";
constexpr std::string_view kUpdateType = "application/sparql-update";

StatusOr<rdf::Term> GraphIri(std::string_view parameter, const std::string& value) {
  if (!rdf::IsAbsoluteIri(value) || rdf::FindForbiddenInIri(value) != std::string::npos) {
    return InvalidArgument("the parameter ", parameter, " is not an absolute IRI: '", value, "'");
  }
  return rdf::Term::Iri(value);
}

StatusOr<int64_t> DecodeMilliseconds(const std::string& name, const std::string& value) {
  int64_t ms = 0;
  const auto parsed = std::from_chars(value.data(), value.data() + value.size(), ms);
  if (parsed.ec != std::errc() || parsed.ptr != value.data() + value.size() || ms < 1 ||
      ms > kTimeoutMsMax) {
    return InvalidArgument("the parameter ", name, " is '", value,
                           "', expected milliseconds from 1 to ", kTimeoutMsMax);
  }
  return ms;
}

// As the fields come, before it is known whether they suit each other.
struct OwnFields {
  std::optional<int64_t> timeout_ms, max_staleness_ms;
  std::optional<Consistency> consistency;
};

// True when the field was one of our own.
StatusOr<bool> DecodeOption(const std::string& name, const std::string& value, OwnFields* fields) {
  if (name == "timeout") {
    QR_ASSIGN_OR_RETURN(fields->timeout_ms, DecodeMilliseconds(name, value));
    return true;
  }
  if (name == "max-staleness") {
    QR_ASSIGN_OR_RETURN(fields->max_staleness_ms, DecodeMilliseconds(name, value));
    return true;
  }
  if (name != "consistency") return false;
  if (value == "linearizable") {
    fields->consistency = Consistency::kLinearizable;
  } else if (value == "bounded") {
    fields->consistency = Consistency::kBounded;
  } else if (value == "local") {
    fields->consistency = Consistency::kLocal;
  } else {
    return InvalidArgument("the parameter consistency is '", value,
                           "', expected linearizable, bounded or local");
  }
  return true;
}

StatusOr<RequestOptions> Combine(const OwnFields& fields) {
  RequestOptions options{.timeout_ms = fields.timeout_ms};
  const bool bounded = fields.max_staleness_ms.has_value();
  options.consistency =
      fields.consistency.value_or(bounded ? Consistency::kBounded : Consistency::kLinearizable);
  if (bounded != (options.consistency == Consistency::kBounded)) {
    return bounded ? InvalidArgument(
                         "max-staleness is for bounded reads: leave it out, or say "
                         "consistency=bounded")
                   : InvalidArgument(
                         "consistency=bounded needs max-staleness, the milliseconds that the "
                         "answer may be behind");
  }
  options.max_staleness_ms = fields.max_staleness_ms.value_or(0);
  return options;
}

// What the parameters name, before it is known whether they suit each other.
struct Parameters {
  OwnFields own;
  std::vector<std::string> queries, updates;
  Dataset query_dataset, update_dataset;
};

Status DecodeParameters(std::string_view encoded, Parameters* parameters) {
  QR_ASSIGN_OR_RETURN(FormFields fields, DecodeForm(encoded));
  for (auto& [name, value] : fields) {
    QR_ASSIGN_OR_RETURN(const bool own, DecodeOption(name, value, &parameters->own));
    if (own) continue;
    if (name == "query") {
      parameters->queries.push_back(std::move(value));
      continue;
    }
    if (name == "update") {
      parameters->updates.push_back(std::move(value));
      continue;
    }
    const bool of_query = name == "default-graph-uri" || name == "named-graph-uri";
    if (!of_query && name != "using-graph-uri" && name != "using-named-graph-uri") continue;
    Dataset& dataset = of_query ? parameters->query_dataset : parameters->update_dataset;
    const bool named = name == "named-graph-uri" || name == "using-named-graph-uri";
    dataset.set = true;
    QR_ASSIGN_OR_RETURN((named ? dataset.named_graphs : dataset.default_graphs).emplace_back(),
                        GraphIri(name, value));
  }
  return OkStatus();
}

Status TakeText(std::vector<std::string>* texts, std::string_view name, std::string* text) {
  if (texts->size() != 1) {
    return InvalidArgument("the request has ", texts->size(), " parameters '", name,
                           "', expected one");
  }
  *text = std::move(texts->front());
  return OkStatus();
}

Status TakeDataset(ProtocolRequest* decoded, Parameters* parameters) {
  const bool is_query = decoded->kind == ProtocolRequest::Kind::kQuery;
  if ((is_query ? parameters->update_dataset : parameters->query_dataset).set) {
    return InvalidArgument(
        is_query ? "using-graph-uri and using-named-graph-uri are for updates; a query takes "
                   "default-graph-uri and named-graph-uri"
                 : "default-graph-uri and named-graph-uri are for queries; an update takes "
                   "using-graph-uri and using-named-graph-uri");
  }
  decoded->dataset = std::move(is_query ? parameters->query_dataset : parameters->update_dataset);
  return OkStatus();
}

Status DecodePost(const http::Request& request, ProtocolRequest* decoded, Parameters* parameters) {
  const std::string_view content_type = http::Find(request.headers, "content-type");
  const std::string media_type = MediaTypeOf(content_type);
  if (media_type != kFormType && media_type != kQueryType && media_type != kUpdateType) {
    return UnsupportedMediaType(content_type,
                                StrCat(kFormType, ", ", kQueryType, ", ", kUpdateType));
  }
  if (!CharsetIsUtf8(content_type))
    return UnsupportedMediaType(content_type, StrCat(media_type, " in UTF-8"));
  if (media_type == kFormType) {
    QR_RETURN_IF_ERROR(DecodeParameters(request.body, parameters));
    if (!parameters->queries.empty() && !parameters->updates.empty()) {
      return InvalidArgument("the request has both a query and an update, expected one");
    }
    const bool is_update = !parameters->updates.empty();
    decoded->kind = is_update ? ProtocolRequest::Kind::kUpdate : ProtocolRequest::Kind::kQuery;
    return is_update ? TakeText(&parameters->updates, "update", &decoded->text)
                     : TakeText(&parameters->queries, "query", &decoded->text);
  }
  if (!parameters->queries.empty() || !parameters->updates.empty()) {
    return InvalidArgument(
        "the request has a query or an update in its URL and another in its body, expected one");
  }
  decoded->kind =
      media_type == kUpdateType ? ProtocolRequest::Kind::kUpdate : ProtocolRequest::Kind::kQuery;
  decoded->text = request.body;
  return OkStatus();
}

StatusOr<GraphStoreRequest::Method> DecodeMethod(const std::string& method) {
  using Method = GraphStoreRequest::Method;
  if (method == "GET") return Method::kGet;
  if (method == "HEAD") return Method::kHead;
  if (method == "PUT") return Method::kPut;
  if (method == "POST") return Method::kPost;
  if (method == "DELETE") return Method::kDelete;
  return MethodNotAllowed(method, "GET, HEAD, PUT, POST, DELETE");
}

bool IsQuadSyntax(rdf::Syntax syntax) {
  return syntax == rdf::Syntax::kNQuads || syntax == rdf::Syntax::kTriG;
}

Status DecodeGraphStoreBody(const http::Request& request, GraphStoreRequest* decoded) {
  const std::string_view content_type = http::Find(request.headers, "content-type");
  const auto syntax = rdf::SyntaxByMediaType(content_type);
  if (!syntax.has_value()) {
    return UnsupportedMediaType(
        content_type, "text/turtle, application/n-triples, application/n-quads, application/trig");
  }
  if (!CharsetIsUtf8(content_type)) return UnsupportedMediaType(content_type, "the same in UTF-8");
  decoded->syntax = *syntax;
  if (decoded->whole_dataset == IsQuadSyntax(*syntax)) return OkStatus();
  return decoded->whole_dataset ? InvalidArgument(
                                      "triples need a graph to go to: add ?default or ?graph=IRI, "
                                      "or send N-Quads or TriG")
                                : InvalidArgument(
                                      "N-Quads and TriG name their graphs themselves: leave out "
                                      "?default and ?graph, or send Turtle "
                                      "or N-Triples");
}

}  // namespace

StatusOr<ProtocolRequest> DecodeRequest(const http::Request& request) {
  ProtocolRequest decoded;
  decoded.accept = http::Find(request.headers, "accept");
  Parameters parameters;
  const bool is_post = request.method == "POST";
  if (!is_post && request.method != "GET" && request.method != "HEAD") {
    return MethodNotAllowed(request.method, "GET, HEAD, POST");
  }
  QR_RETURN_IF_ERROR(DecodeParameters(request.query, &parameters));
  if (is_post) {
    QR_RETURN_IF_ERROR(DecodePost(request, &decoded, &parameters));
  } else {
    if (!parameters.updates.empty())
      return InvalidArgument("an update must be sent with POST, not ", request.method);
    QR_RETURN_IF_ERROR(TakeText(&parameters.queries, "query", &decoded.text));
  }
  if (rdf::FindInvalidUtf8(decoded.text) != std::string::npos)
    return InvalidArgument("the text is not UTF-8");
  QR_RETURN_IF_ERROR(TakeDataset(&decoded, &parameters));
  QR_ASSIGN_OR_RETURN(decoded.options, Combine(parameters.own));
  return decoded;
}

StatusOr<GraphStoreRequest> DecodeGraphStoreRequest(const http::Request& request) {
  GraphStoreRequest decoded;
  decoded.accept = http::Find(request.headers, "accept");
  QR_ASSIGN_OR_RETURN(decoded.method, DecodeMethod(request.method));
  QR_ASSIGN_OR_RETURN(const FormFields fields, DecodeForm(request.query));
  OwnFields own_fields;
  int targets = 0;
  for (const auto& [name, value] : fields) {
    QR_ASSIGN_OR_RETURN(const bool own, DecodeOption(name, value, &own_fields));
    if (own) continue;
    if (name == "default") {
      ++targets;
    } else if (name == "graph") {
      ++targets;
      QR_ASSIGN_OR_RETURN(decoded.graph, GraphIri("graph", value));
    }
  }
  if (targets > 1)
    return InvalidArgument("the request names ", targets,
                           " graphs, expected ?default or ?graph=IRI once");
  decoded.whole_dataset = targets == 0;
  QR_ASSIGN_OR_RETURN(decoded.options, Combine(own_fields));
  if (decoded.method == GraphStoreRequest::Method::kPut ||
      decoded.method == GraphStoreRequest::Method::kPost) {
    QR_RETURN_IF_ERROR(DecodeGraphStoreBody(request, &decoded));
  }
  return decoded;
}

}  // namespace quadraft::sparql
