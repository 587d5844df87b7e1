// The SPARQL 1.1 Protocol and the Graph Store HTTP Protocol (W3C Recommendations, 21 March 2013)
// without sockets: what a request asks for.
//
//   QR_ASSIGN_OR_RETURN(ProtocolRequest r, DecodeRequest(request));
//   if (r.kind == ProtocolRequest::Kind::kUpdate) ... ParseUpdate(r.text, {.base = b, .dataset =
//   r.dataset}) ...
//
// Errors carry their HTTP status (sparql/protocol/errors.h: HttpStatusFor, ErrorBody). Parameters
// of our own: `timeout` in milliseconds, `consistency` = linearizable (default), bounded or local,
// `max-staleness` in milliseconds: how far behind a bounded read may be (it implies bounded).
// Parameters that nobody knows are left alone, as clients add theirs.
#ifndef QUADRAFT_SPARQL_PROTOCOL_PROTOCOL_H_
#define QUADRAFT_SPARQL_PROTOCOL_PROTOCOL_H_

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/status.h"
#include "core/http/message.h"
#include "core/rdf/syntax.h"
#include "core/rdf/term.h"
#include "sparql/algebra/algebra.h"
#include "sparql/protocol/errors.h"
#include "sparql/protocol/negotiate.h"

namespace quadraft::sparql {

enum class Consistency : uint8_t { kLinearizable, kBounded, kLocal };
inline constexpr int64_t kTimeoutMsMax = 24 * 60 * 60 * 1000;

// What our own parameters say, of any kind of request.
struct RequestOptions {
  std::optional<int64_t> timeout_ms;  // 1 to kTimeoutMsMax.
  Consistency consistency = Consistency::kLinearizable;
  int64_t max_staleness_ms = 0;  // Of kBounded: 1 to kTimeoutMsMax.
};

struct ProtocolRequest {
  enum class Kind : uint8_t { kQuery, kUpdate };
  Kind kind = Kind::kQuery;
  std::string text;
  Dataset dataset;  // default-graph-uri and named-graph-uri, or using-graph-uri and
                    // using-named-graph-uri.
  RequestOptions options;
  std::string accept;
};

// GET and HEAD with ?query=; POST with a form (query= or update=); POST of application/sparql-query
// or application/sparql-update with parameters in the URL. 405 for other methods, 415 for other
// bodies, 400 for the rest.
StatusOr<ProtocolRequest> DecodeRequest(const http::Request& request);

struct GraphStoreRequest {
  enum class Method : uint8_t { kGet, kHead, kPut, kPost, kDelete };
  Method method = Method::kGet;
  rdf::Term graph;  // kDefaultGraph for ?default.
  bool whole_dataset =
      false;  // Neither ?default nor ?graph: all graphs (reads; writes of N-Quads or TriG only).
  rdf::Syntax syntax = rdf::Syntax::kTurtle;  // Of the body, for kPut and kPost.
  RequestOptions options;
  std::string accept;
};

// ?default or ?graph=IRI, one of them; both or a relative IRI: 400. A body of quads may name graphs
// of its own only where the whole dataset is meant; else 400.
StatusOr<GraphStoreRequest> DecodeGraphStoreRequest(const http::Request& request);

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_PROTOCOL_PROTOCOL_H_
