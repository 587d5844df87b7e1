// Answers as text, streaming: SPARQL 1.1 Query Results JSON, XML, CSV and TSV (W3C Recommendations
// of 2013), and triples as N-Triples, N-Quads or Turtle. Nothing is held back: every call appends
// whole, final bytes to *out.
//
//   QR_ASSIGN_OR_RETURN(auto writer, ResultWriter::New(ResultFormat::kJson, QueryForm::kSelect,
//   &out)); writer->Begin({"s", "o"}); const rdf::Term* row[] = {&subject, nullptr};   // Null:
//   unbound. writer->Row(row); ... writer->End();
//
// Calls: SELECT: Begin Row* End. ASK: Ask. CONSTRUCT, DESCRIBE: Begin({}) Triple* End. The caller
// may take or clear *out between any two calls; it must outlive the writer.
#ifndef QUADRAFT_SPARQL_RESULTS_RESULT_WRITER_H_
#define QUADRAFT_SPARQL_RESULTS_RESULT_WRITER_H_

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "core/rdf/term.h"
#include "sparql/algebra/algebra.h"
#include "sparql/engine.h"

namespace quadraft::sparql {

// The media type, with its charset where the format's registration has one: "text/csv;
// charset=utf-8".
std::string_view ContentType(ResultFormat format);
// The name users type: "json", "xml", "csv", "tsv", "nt", "nq", "ttl".
std::string_view FormatName(ResultFormat format);
// Whether an answer of that form can be written so: SELECT and ASK as JSON, XML, CSV, TSV; the
// others as triples.
bool FormatFits(ResultFormat format, QueryForm form);

class ResultWriter {
 public:
  // InvalidArgument when the format does not fit the form.
  static StatusOr<std::unique_ptr<ResultWriter>> New(ResultFormat format, QueryForm form,
                                                     std::string* out);
  virtual ~ResultWriter() = default;

  // `variables` are names without '?', in column order.
  virtual void Begin(const std::vector<std::string>& variables) = 0;
  // One term per variable of Begin; null where unbound.
  virtual void Row(std::span<const rdf::Term* const> terms) = 0;
  virtual void Triple(const rdf::Quad& quad) = 0;  // The graph is written by N-Quads only.
  virtual void End() = 0;
  virtual void Ask(bool answer) = 0;  // The whole document.
};

}  // namespace quadraft::sparql

#endif  // QUADRAFT_SPARQL_RESULTS_RESULT_WRITER_H_
